//! Any operation with any body in CBOR.
#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;
use vigil_fuzz::{World, only_reads, operation};

thread_local! {
    static WORLD: RefCell<World> = RefCell::new(World::new());
}

fuzz_target!(|data: &[u8]| {
    let Some((operation, body)) = operation(data) else { return };
    WORLD.with_borrow_mut(|world| {
        if world.call_in_cbor(operation, body.to_vec()) == 200 && !only_reads(operation) {
            *world = World::new();
        }
    });
});
