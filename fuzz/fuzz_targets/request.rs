//! Any operation with any body. `$CA` and `$PENDING` in it stand for ARNs that exist.
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
        let body = match std::str::from_utf8(body) {
            Ok(text) => text
                .replace("$CA", &world.ca)
                .replace("$PENDING", &world.pending)
                .replace("$CSR", &world.csr)
                .into_bytes(),
            Err(_) => body.to_vec(),
        };
        let (status, _) = world.call(operation, body);
        if status == 200 && !only_reads(operation) {
            // The next input finds the world as this one did.
            *world = World::new();
        }
    });
});
