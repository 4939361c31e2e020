//! Texts of nodes: ids, addresses, zones, capabilities, metadata.

use std::collections::BTreeMap;

use crate::error::{Error, shortened};
use crate::limits::{LIST_COUNT_MAX, METADATA_VALUE_BYTES_MAX, TEXT_BYTES_MAX};

/// Checks what is told about a node besides its id and its weight.
///
/// # Errors
/// The first text or list that is too long, or is not printable.
pub fn check_details(
    address: Option<&str>,
    zone: Option<&str>,
    capabilities: &[String],
    metadata: &BTreeMap<String, String>,
) -> Result<(), Error> {
    address.map_or(Ok(()), |text| check_text("address", text))?;
    zone.map_or(Ok(()), |text| check_text("zone", text))?;
    check_count("capabilities", capabilities.len())?;
    capabilities.iter().try_for_each(|text| check_text("capability", text))?;
    check_count("metadata", metadata.len())?;
    for (name, value) in metadata {
        check_text("metadata key", name)?;
        if value.len() > METADATA_VALUE_BYTES_MAX {
            let bound =
                format!("has {} bytes of UTF-8; at most {METADATA_VALUE_BYTES_MAX} are allowed", value.len());
            return Err(Error::InvalidText { what: "metadata value", value: shortened(value), bound });
        }
    }
    Ok(())
}

fn check_count(what: &'static str, count: usize) -> Result<(), Error> {
    if count > LIST_COUNT_MAX {
        Err(Error::TooManyItems { what, count, max: LIST_COUNT_MAX })
    } else {
        Ok(())
    }
}

/// Checks a text of a node, which `what` names: 1 to [`TEXT_BYTES_MAX`] bytes, no control characters.
///
/// # Errors
/// What is wrong with it.
pub fn check_text(what: &'static str, text: &str) -> Result<(), Error> {
    let bound = if text.is_empty() || text.len() > TEXT_BYTES_MAX {
        format!("has {} bytes of UTF-8; it must have 1 to {TEXT_BYTES_MAX}", text.len())
    } else if let Some(control) = text.chars().find(|c| c.is_control()) {
        format!("has the control character U+{:04X}; none is allowed", control as u32)
    } else {
        return Ok(());
    };
    Err(Error::InvalidText { what, value: shortened(text), bound })
}
