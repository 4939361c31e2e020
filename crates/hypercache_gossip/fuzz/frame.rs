//! Frames of exchanges, questions and answers: any bytes, and what only a member could make, in the open and
//! with the right key.

#![no_main]

mod common;

use common::{NOW, check, joined, joining, sealed, sender};

use hypercache_transport::Purpose;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let keys = common::keys(bytes);
    let mut asked = joined(keys);
    asked.handle_request(NOW, sender(), 2, bytes);
    asked.handle_request(NOW, sender(), 3, &sealed(keys, Purpose::Request, bytes));
    check(asked, 2);
    for frame in [bytes.to_vec(), sealed(keys, Purpose::Response, bytes)] {
        let (mut asking, number) = joining(keys);
        asking.handle_response(NOW, number, Ok((sender(), frame)));
        check(asking, 1);
    }
});
