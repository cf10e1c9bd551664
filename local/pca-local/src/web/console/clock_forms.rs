//! The clock on every page, and the buttons that move it.

use maud::{Markup, html};

use super::words;
use crate::service::core::Service;

const STEPS: [(&str, i64); 3] = [("+1 h", 3_600), ("+1 d", 86_400), ("+7 d", 604_800)];

pub(super) fn forms(service: &Service, path: &str) -> Markup {
    let clock = service.timeline.clock();
    let (doing, action, change) = match clock.is_running() {
        true => ("running", "freeze", "Stop"),
        false => ("standing still", "run", "Start"),
    };
    html! {
        section.clock aria-label="Clock" {
            p { "Clock: " span #clock { (words::moment(clock.now())) } ", " (doing) }
            form method="post" action="/_pca-local/console/clock" {
                input type="hidden" name="back" value=(path);
                @for (label, seconds) in STEPS {
                    button type="submit" name="seconds" value=(seconds) { (label) }
                }
                button type="submit" name="hands" value=(action) { (change) }
            }
            form method="post" action="/_pca-local/console/clock" {
                input type="hidden" name="back" value=(path);
                label for="clock-to" { "Move to (UTC)" }
                input #clock-to type="datetime-local" name="to" step="1" required;
                button type="submit" { "Move" }
            }
        }
    }
}
