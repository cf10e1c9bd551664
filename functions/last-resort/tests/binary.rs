//! The real binary behind a Runtime API: how it starts.

use testkit::binary::Function;

const FUNCTION: Function = Function {
    binary: env!("CARGO_BIN_EXE_last-resort"),
    environment: &[("VIGIL_EVENT_BUS", "vigil")],
};

#[test]
fn a_cold_start_without_a_variable_fails_and_names_it() {
    FUNCTION.assert_each_variable_is_required();
}
