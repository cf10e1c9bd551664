//! Keeps the last thousand items, such as events and invocations, for tests and the admin API.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

const MAX_ITEMS: usize = 1000;

#[derive(Debug)]
pub(crate) struct Recent<T>(Mutex<VecDeque<T>>);

impl<T: Clone> Recent<T> {
    pub(crate) fn push(&self, item: T) {
        let mut items = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if items.len() == MAX_ITEMS {
            items.pop_front();
        }
        items.push_back(item);
    }

    /// Oldest first.
    pub(crate) fn all(&self) -> Vec<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self(Mutex::new(VecDeque::new()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_item_is_dropped_after_a_thousand() {
        let recent = Recent::default();
        (0..=MAX_ITEMS).for_each(|number| recent.push(number));
        let all = recent.all();
        assert_eq!((all.len(), all[0], all[MAX_ITEMS - 1]), (MAX_ITEMS, 1, MAX_ITEMS));
    }
}
