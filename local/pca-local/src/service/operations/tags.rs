//! What a set of tags may be: as many as the quota says, no reserved keys, no key twice. Pure.

use aws_sdk_acmpca::types::Tag;

use crate::model::error::ApiError;

/// Adds tags; a key that is there already gets the new value.
pub(super) fn add(tags: &[Tag], added: &[Tag], most: usize) -> Result<Vec<Tag>, ApiError> {
    check(added)?;
    let mut result = tags.to_vec();
    for tag in added {
        match result.iter_mut().find(|held| held.key() == tag.key()) {
            Some(held) => *held = tag.clone(),
            None => result.push(tag.clone()),
        }
    }
    if result.len() > most {
        return Err(ApiError::too_many_tags(format!(
            "A certificate authority can have {most} tags; this would make {}",
            result.len()
        )));
    }
    Ok(result)
}

/// Removes tags: one given with a value only where the value is equal, one without regardless.
pub(super) fn remove(tags: &[Tag], removed: &[Tag]) -> Vec<Tag> {
    let matches = |held: &Tag, tag: &Tag| {
        held.key() == tag.key() && tag.value().is_none_or(|value| held.value() == Some(value))
    };
    tags.iter().filter(|held| !removed.iter().any(|tag| matches(held, tag))).cloned().collect()
}

fn check(tags: &[Tag]) -> Result<(), ApiError> {
    for (index, tag) in tags.iter().enumerate() {
        let key = tag.key();
        if ["aws:", "rds:"].iter().any(|reserved| key.to_ascii_lowercase().starts_with(reserved)) {
            return Err(ApiError::invalid_tag(format!(
                "The tag key '{key}' starts with a reserved prefix (aws:, rds:)"
            )));
        }
        if tags[..index].iter().any(|other| other.key() == key) {
            return Err(ApiError::invalid_tag(format!("The tag key '{key}' is given twice")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(key: &str, value: &str) -> Tag {
        Tag::builder().key(key).value(value).build().unwrap()
    }

    #[test]
    fn a_key_that_is_there_gets_the_new_value() {
        let tags = add(&[tag("a", "1"), tag("b", "2")], &[tag("a", "3")], 50).unwrap();
        assert_eq!(tags, [tag("a", "3"), tag("b", "2")]);
    }

    #[test]
    fn fifty_fit_and_the_next_is_one_too_many() {
        let fifty: Vec<Tag> = (0..50).map(|n| tag(&n.to_string(), "")).collect();
        let tags = add(&[], &fifty, 50).unwrap();
        assert_eq!(add(&tags, &[tag("0", "again")], 50).unwrap().len(), 50);
        assert_eq!(add(&tags, &[tag("50", "")], 50).unwrap_err().code, "TooManyTagsException");
    }

    #[test]
    fn reserved_and_repeated_keys_are_refused() {
        for tags in
            [vec![tag("aws:x", "")], vec![tag("RDS:x", "")], vec![tag("a", ""), tag("a", "")]]
        {
            assert_eq!(add(&[], &tags, 50).unwrap_err().code, "InvalidTagException", "{tags:?}");
        }
    }

    #[test]
    fn a_value_narrows_what_is_removed() {
        let tags = [tag("a", "1"), tag("b", "2")];
        assert_eq!(remove(&tags, &[tag("a", "other")]), tags);
        assert_eq!(remove(&tags, &[tag("a", "1")]), [tag("b", "2")]);
        assert_eq!(remove(&tags, &[Tag::builder().key("b").build().unwrap()]), [tag("a", "1")]);
    }
}
