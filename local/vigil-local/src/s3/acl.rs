//! Canned ACLs: which there are, what they grant, and which of them a bucket takes.

use s3s::dto::{Grant, Grantee, Owner, Permission, PutBucketAclInput, Type};
use s3s::{S3Result, s3_error};

use super::config::BucketConfig;

const ALL_USERS: &str = "http://acs.amazonaws.com/groups/global/AllUsers";
const AUTHENTICATED_USERS: &str = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers";
const LOG_DELIVERY: &str = "http://acs.amazonaws.com/groups/s3/LogDelivery";

const CANNED: [&str; 8] = [
    "authenticated-read",
    "aws-exec-read",
    "bucket-owner-full-control",
    "bucket-owner-read",
    "log-delivery-write",
    "private",
    "public-read",
    "public-read-write",
];

/// Block Public Access counts the groups of all and of all authenticated users as public.
fn is_public(acl: &str) -> bool {
    matches!(acl, "authenticated-read" | "public-read" | "public-read-write")
}

/// Whether any principal may read an object under this ACL.
pub(crate) fn is_world_readable(acl: &str) -> bool {
    matches!(acl, "public-read" | "public-read-write")
}

/// Whether any principal may create, overwrite and delete objects of a bucket under this ACL.
pub(crate) fn is_world_writable(acl: &str) -> bool {
    acl == "public-read-write"
}

/// Refuses what S3 refuses when an ACL is set on a bucket or an object.
pub(crate) fn check(acl: &str, config: &BucketConfig) -> S3Result<()> {
    if !CANNED.contains(&acl) {
        return Err(s3_error!(InvalidArgument, "{acl:?} is not a canned ACL"));
    }
    // S3 User Guide, "Blocking public access": the call fails for every caller.
    if is_public(acl) && config.block().block_public_acls {
        return Err(s3_error!(
            AccessDenied,
            "Access Denied: BlockPublicAcls refuses the ACL {acl}"
        ));
    }
    let harmless = matches!(acl, "bucket-owner-full-control" | "private");
    if config.acls_are_disabled() && !harmless {
        return Err(s3_error!(AccessControlListNotSupported, "The bucket does not allow ACLs"));
    }
    Ok(())
}

/// The canned ACL that a list of grants comes to. Other grants than those are not kept here.
pub(crate) fn canned(grants: &[Grant]) -> S3Result<&'static str> {
    let to_group = |uri: &str, permission: &'static str| {
        grants.iter().any(|grant| {
            grant.grantee.as_ref().and_then(|grantee| grantee.uri.as_deref()) == Some(uri)
                && grant.permission.as_ref().map(Permission::as_str) == Some(permission)
        })
    };
    let groups = grants
        .iter()
        .filter(|grant| grant.grantee.as_ref().is_some_and(|grantee| grantee.uri.is_some()));
    match (groups.count(), to_group(ALL_USERS, "READ"), to_group(ALL_USERS, "WRITE")) {
        (0, ..) => Ok("private"),
        (1, true, false) => Ok("public-read"),
        (2, true, true) => Ok("public-read-write"),
        (1, ..) if to_group(AUTHENTICATED_USERS, "READ") => Ok("authenticated-read"),
        _ => Err(s3_error!(NotImplemented, "vigil-local keeps canned ACLs only")),
    }
}

/// The grants of `x-amz-grant-…`, as `id="…"` each. Others than those are not kept here.
pub(crate) fn by_headers(input: &PutBucketAclInput) -> S3Result<Vec<(String, String)>> {
    let headers = [
        (&input.grant_full_control, Permission::FULL_CONTROL),
        (&input.grant_read, Permission::READ),
        (&input.grant_read_acp, Permission::READ_ACP),
        (&input.grant_write, Permission::WRITE),
        (&input.grant_write_acp, Permission::WRITE_ACP),
    ];
    let mut grants = Vec::new();
    for (header, permission) in headers {
        for grantee in header.iter().flat_map(|header| header.split(',')) {
            let id = grantee.trim().strip_prefix("id=").map(|id| id.trim_matches('"'));
            let Some(id) = id.filter(|id| !id.is_empty()) else {
                return Err(s3_error!(
                    NotImplemented,
                    "vigil-local takes canonical user ids in x-amz-grant-… headers"
                ));
            };
            grants.push((id.to_owned(), permission.to_owned()));
        }
    }
    Ok(grants)
}

/// What a list of grants gives to other accounts than the owner.
pub(crate) fn to_accounts(grants: &[Grant], account: &str) -> Vec<(String, String)> {
    let owner = owner(account).id;
    let to_other = |grant: &Grant| {
        let id = grant.grantee.as_ref()?.id.clone()?;
        let permission = grant.permission.as_ref()?.as_str().to_owned();
        (Some(&id) != owner.as_ref()).then_some((id, permission))
    };
    grants.iter().filter_map(to_other).collect()
}

pub(crate) fn to_account((id, permission): (String, String)) -> Grant {
    Grant {
        grantee: Some(Grantee {
            display_name: None,
            email_address: None,
            id: Some(id),
            type_: Type::from_static(Type::CANONICAL_USER),
            uri: None,
        }),
        permission: Some(Permission::from(permission)),
    }
}

pub(crate) fn owner(account: &str) -> Owner {
    // A canonical user id is 64 hexadecimal digits; this one is derived from the account alone.
    Owner { id: Some(format!("{account:0>64}")), display_name: None }
}

pub(crate) fn grants(acl: &str, account: &str) -> Vec<Grant> {
    let owner_grant = Grant {
        grantee: Some(Grantee {
            display_name: None,
            email_address: None,
            id: owner(account).id,
            type_: Type::from_static(Type::CANONICAL_USER),
            uri: None,
        }),
        permission: Some(Permission::from_static(Permission::FULL_CONTROL)),
    };
    let groups: &[(&str, &'static str)] = match acl {
        "authenticated-read" => &[(AUTHENTICATED_USERS, Permission::READ)],
        "log-delivery-write" => {
            &[(LOG_DELIVERY, Permission::WRITE), (LOG_DELIVERY, Permission::READ_ACP)]
        }
        "public-read" => &[(ALL_USERS, Permission::READ)],
        "public-read-write" => &[(ALL_USERS, Permission::READ), (ALL_USERS, Permission::WRITE)],
        _ => &[],
    };
    let groups = groups.iter().map(|(uri, permission)| Grant {
        grantee: Some(Grantee {
            display_name: None,
            email_address: None,
            id: None,
            type_: Type::from_static(Type::GROUP),
            uri: Some((*uri).to_owned()),
        }),
        permission: Some(Permission::from_static(permission)),
    });
    std::iter::once(owner_grant).chain(groups).collect()
}

#[cfg(test)]
mod tests {
    use super::super::config::PublicAccessBlock;
    use super::*;

    #[test]
    fn a_public_acl_needs_both_the_block_off_and_acls_on() {
        let acls_on = Some("BucketOwnerPreferred".to_owned());
        for (block_public_acls, ownership, acl, want) in [
            (false, acls_on.clone(), "public-read", None),
            (true, acls_on.clone(), "public-read", Some("AccessDenied")),
            (false, None, "public-read", None),
            (true, acls_on.clone(), "bucket-owner-full-control", None),
            (true, Some("BucketOwnerEnforced".to_owned()), "bucket-owner-full-control", None),
            (
                false,
                Some("BucketOwnerEnforced".to_owned()),
                "public-read",
                Some("AccessControlListNotSupported"),
            ),
            (false, acls_on, "world", Some("InvalidArgument")),
        ] {
            let block = PublicAccessBlock { block_public_acls, ..PublicAccessBlock::default() };
            let config = BucketConfig {
                public_access_block: Some(block),
                ownership,
                ..BucketConfig::default()
            };
            let error = check(acl, &config).err().map(|error| error.code().as_str().to_owned());
            assert_eq!(error.as_deref(), want, "{acl} with the block {block_public_acls}");
        }
    }

    #[test]
    fn grants_to_other_accounts_are_kept_apart() {
        let mut grants = grants("public-read", "111122223333");
        let theirs = ("abcd".to_owned(), "WRITE".to_owned());
        grants.push(to_account(theirs.clone()));
        assert_eq!(canned(&grants).unwrap(), "public-read");
        assert_eq!(to_accounts(&grants, "111122223333").as_slice(), std::slice::from_ref(&theirs));
        let by_header = |grant_write: &str| {
            let input = PutBucketAclInput {
                grant_write: Some(grant_write.to_owned()),
                ..PutBucketAclInput::default()
            };
            by_headers(&input)
        };
        assert_eq!(by_header("id=\"abcd\"").unwrap(), [theirs]);
        assert!(by_header("emailAddress=\"a@example.com\"").is_err());
    }

    #[test]
    fn grants_and_canned_acls_translate_into_each_other() {
        for acl in ["private", "public-read", "public-read-write", "authenticated-read"] {
            assert_eq!(canned(&grants(acl, "111122223333")).unwrap(), acl);
        }
        assert!(canned(&grants("log-delivery-write", "111122223333")).is_err());
    }
}
