//! Identifiers. Each is its own type, so that one cannot stand for another.

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! integer_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = ParseIntError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

integer_id! {
    /// A job, unique over all tenants and for ever. Ids rise in enqueue order.
    JobId
}
integer_id! {
    /// An examination case.
    CaseId
}
integer_id! {
    /// A loaded or loading dataset.
    DatasetId
}
integer_id! {
    /// One file of a dataset.
    LoadId
}
integer_id! {
    /// A workflow.
    WorkflowId
}
integer_id! {
    /// Whose data it is. Tenant [`TenantId::PLATFORM`] is the platform itself.
    TenantId
}

impl TenantId {
    /// Owner of rows that belong to no tenant: worker processes, their leases.
    pub const PLATFORM: Self = Self(0);
    /// The tenant that the migrations create and that is used unless one is named.
    pub const DEFAULT: Self = Self(1);
}

macro_rules! random_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new random id.
            pub fn random() -> Self {
                Self(Uuid::new_v4())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

random_id! {
    /// Proof that a claim still holds: jobs claimed together share one, and it
    /// is also the name of their lease. Whoever writes for a job shows it.
    Token
}
random_id! {
    /// One run of one worker process.
    WorkerId
}

impl Token {
    /// A token from its two halves, as [`Uuid::as_u64_pair`] gives them.
    pub const fn from_u64_pair(high: u64, low: u64) -> Self {
        Self(Uuid::from_u64_pair(high, low))
    }
}

/// Who asked for a change: an API identity, or `os:NAME` for the command line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Actor(String);

impl Actor {
    /// An actor by its full name. Names are cut at 200 bytes, on a character's border.
    pub fn named(name: impl Into<String>) -> Self {
        const NAME_BYTES_MAX: usize = 200;
        let mut name = name.into();
        if name.len() > NAME_BYTES_MAX {
            let cut = (0..=NAME_BYTES_MAX)
                .rev()
                .find(|&at| name.is_char_boundary(at))
                .unwrap_or(0);
            name.truncate(cut);
        }
        Self(name)
    }

    /// An operating-system user, as the command line records it.
    pub fn os_user(name: &str) -> Self {
        Self::named(format!("os:{name}"))
    }

    /// A part of the system itself, such as a job that enqueues its follow-up.
    pub fn system(part: &str) -> Self {
        Self::named(format!("system:{part}"))
    }

    /// The name as stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
