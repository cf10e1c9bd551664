//! Thirty days with events that are lost, doubled and late, requests that are refused, and invocations
//! that die.

use std::{
    collections::BTreeMap,
    future::Future as _,
    sync::atomic::Ordering,
    task::{Context, Waker},
};

use time::OffsetDateTime;

use super::{
    world::{AT, World, arn, event_of, key},
    *,
};

const CAS: u16 = 7;
const HOURS: i64 = 30 * 24;

struct Chance(u64);

impl Chance {
    fn next(&mut self, below: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

struct Month {
    world: World,
    chance: Chance,
    /// Events on their way, with the time at which they come.
    events: Vec<(OffsetDateTime, Value)>,
    /// How many reports had their events sent.
    seen: usize,
    /// How often each report was summarised.
    analysed: BTreeMap<String, u32>,
    died: u32,
}

impl Month {
    fn new(seed: u64) -> Self {
        let world = World::new(&vec![CaStatus::Active; usize::from(CAS)]);
        *world.objects.has_all.lock().unwrap() = true;
        world.evidence.calls.waiting.store(true, Ordering::Relaxed);
        Self {
            world,
            chance: Chance(seed),
            events: Vec::new(),
            seen: 0,
            analysed: BTreeMap::new(),
            died: 0,
        }
    }

    fn hour(&mut self, hour: i64) {
        let now = AT + Duration::hours(hour);
        // The bucket's policy is gone for some hours.
        let refuses = (100..104).contains(&hour) || (300..345).contains(&hour);
        *self.world.reports.refuses.lock().unwrap() = refuses;
        self.invoke(&json!({}), now);
        self.send_events(now);
        for minute in [5, 30, 55] {
            let now = now + Duration::minutes(minute);
            let (due, later) =
                std::mem::take(&mut self.events).into_iter().partition(|(at, _)| *at <= now);
            self.events = later;
            let due: Vec<(OffsetDateTime, Value)> = due;
            for (_, event) in due {
                self.invoke(&event, now);
            }
            for rest in self.world.continuations() {
                if self.chance.next(5) > 0 {
                    self.invoke(&rest, now);
                }
            }
        }
    }

    fn send_events(&mut self, now: OffsetDateTime) {
        let made = self.world.reports.made.lock().unwrap().split_off(self.seen);
        self.world.reports.made.lock().unwrap().extend(made.iter().cloned());
        self.seen += made.len();
        for one in made {
            let event = event_of(&one.ca, &one.id, "success");
            let late = i64::try_from(self.chance.next(48)).unwrap();
            match self.chance.next(10) {
                0 | 1 => {}
                2 => self.events.push((now + Duration::hours(late), event)),
                3 => {
                    self.events.extend([(now, event.clone()), (now + Duration::hours(late), event)])
                }
                _ => self.events.push((now, event)),
            }
        }
    }

    /// ACM PCA puts what was requested into the bucket.
    fn write_reports(&self) {
        let mut objects = self.world.objects.objects.lock().unwrap();
        for made in self.world.reports.made.lock().unwrap().iter() {
            objects.entry(key(&made.ca, &made.id)).or_insert_with(|| b"[]".to_vec());
        }
    }

    /// One of three invocations dies somewhere.
    fn invoke(&mut self, event: &Value, now: OffsetDateTime) {
        self.world.set_now(now);
        let (ports, settings) = (self.world.ports(), World::settings());
        let mut invocation = Box::pin(run(event, &ports, &settings));
        let dies_after = match self.chance.next(3) {
            0 => 1 + self.chance.next(60),
            _ => u64::MAX,
        };
        let mut context = Context::from_waker(Waker::noop());
        let mut polls = 0;
        let outcome = loop {
            if let std::task::Poll::Ready(outcome) = invocation.as_mut().poll(&mut context) {
                break outcome;
            }
            polls += 1;
            if polls >= dies_after {
                self.died += 1;
                drop(invocation);
                return self.write_reports();
            }
        };
        self.write_reports();
        if let Ok(Outcome::Analysed(analysis)) = outcome {
            *self.analysed.entry(analysis.report).or_default() += 1;
        }
    }
}

impl Month {
    /// The lifecycle keeps the newest of each month for longer. It began in March and ends in April.
    fn the_newest_of_each_month_has_no_tag(&self, seed: u64) {
        let tagged = self.world.objects.superseded.lock().unwrap();
        let made = self.world.reports.made.lock().unwrap();
        for n in 1..=CAS {
            let of_ca = made.iter().filter(|one| one.ca == arn(n));
            let mut newest = BTreeMap::new();
            let mut kept = Vec::new();
            for one in of_ca.filter(|one| one.status == ReportStatus::Success) {
                let key = key(&one.ca, &one.id);
                newest.insert(one.at.month() as u8, key.clone());
                kept.extend((!tagged.contains(&key)).then_some(key));
            }
            assert_eq!(newest.len(), 2);
            assert!(newest.values().all(|key| kept.contains(key)), "seed {seed}: CA {n}");
            // The last of March may come after the first of April, when another is recorded.
            assert!(kept.len() <= 3, "seed {seed}: CA {n} keeps {kept:?}");
        }
    }
}

#[test]
fn thirty_days_of_disturbances_leave_no_day_without_a_report() {
    for seed in 1..3 {
        let mut month = Month::new(seed);
        (0..HOURS).for_each(|hour| month.hour(hour));
        // A quiet end, so that what is left comes to its end.
        (HOURS..HOURS + 72).for_each(|hour| {
            month.hour(hour);
        });
        month.the_newest_of_each_month_has_no_tag(seed);
        assert!(month.died > 100, "{}", month.died);
        let made = month.world.reports.made.lock().unwrap().clone();
        for n in 1..=CAS {
            let ca = arn(n);
            for day in 0..30 {
                let from = AT + Duration::days(day) - Duration::minutes(30);
                let of_day = made
                    .iter()
                    .filter(|one| one.ca == ca && one.at >= from && one.at < from + Duration::DAY);
                let ids: Vec<_> = of_day.map(|one| one.id.clone()).collect();
                // For 45 hours no report could be made.
                let is_refused = day == 13;
                assert!(!ids.is_empty() || is_refused, "seed {seed}: CA {n} has none of day {day}");
                for id in ids {
                    let key = crate::evidence::keys::summary(&ca.parse().unwrap(), &id);
                    assert!(month.world.evidence.keys().contains(&key), "seed {seed}: {key}");
                    assert!(month.analysed.get(&id).copied().unwrap_or(0) <= 1, "{id} twice");
                }
            }
        }
        let mut last = BTreeMap::new();
        for finding in month.world.bus.published.lock().unwrap().iter() {
            last.insert(finding.id.clone(), (finding.rule.to_string(), finding.status));
        }
        let rules: Vec<&str> = last.values().map(|(rule, _)| rule.as_str()).collect();
        assert!(rules.contains(&"audit-report.refused"), "{rules:?}");
        assert!(rules.contains(&"audit-report.stale"), "{rules:?}");
        // What a CA is, and what it has issued, is no disturbance.
        let of_ca =
            |id: &str| crate::rules::audit_report::REPORTED.iter().any(|rule| rule.info.id == id);
        let open: Vec<_> = last
            .values()
            .filter(|(rule, status)| *status != Status::Resolved && !of_ca(rule))
            .collect();
        assert!(open.is_empty(), "seed {seed}: {open:?}");
    }
}
