//! The fingerprint of a placement: equal placement, equal checksum, in every process and release.
//!
//! It is the first 8 bytes of SHA-256, read big-endian, over this canonical form, version 1:
//!
//! | bytes | what |
//! |---|---|
//! | 22 | `hypercache-placement-1` |
//! | text | name of the hash function |
//! | 8 | its seed, little-endian |
//! | 1 | 1 where the ring is zone-aware, else 0 |
//! | 4 | number of routable nodes, little-endian |
//! | … | the routable nodes, in byte order of their ids |
//!
//! A node is its id (text), its number of points (4, little-endian), and in a zone-aware ring its zone: 0, or
//! 1 and a text. With a custom hash function, whose name says nothing, the tokens of its points follow (8
//! each, little-endian, by number).
//!
//! A text is its length in bytes (2, little-endian) and its UTF-8. Zones are left out where they
//! place nothing.

use hypercache_types::HashFunction;

use super::options::RingOptions;
use super::table::NodeTable;

pub(crate) fn of(options: &RingOptions, table: &NodeTable) -> u64 {
    let mut form = b"hypercache-placement-1".to_vec();
    push_text(&mut form, options.hash.name());
    form.extend(options.hash.seed().to_le_bytes());
    form.push(u8::from(options.zone_aware));
    let routable = || table.routable(options.routable);
    form.extend((routable().count() as u32).to_le_bytes());
    for (_, node) in routable() {
        push_text(&mut form, &node.id);
        form.extend(node.point_count.to_le_bytes());
        if options.zone_aware {
            form.push(u8::from(node.zone.is_some()));
            node.zone.iter().for_each(|zone| push_text(&mut form, zone));
        }
        if options.hash == HashFunction::Custom {
            node.each_virtual_node(options.hash, 0..node.point_count, |_, token| {
                form.extend(token.to_le_bytes());
            });
        }
    }
    HashFunction::Sha256.token(&form)
}

fn push_text(form: &mut Vec<u8>, text: &str) {
    form.extend((text.len() as u16).to_le_bytes());
    form.extend(text.as_bytes());
}
