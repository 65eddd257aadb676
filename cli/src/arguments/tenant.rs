//! Whose data a command is about.

use clap::Args;
use nexus_jobs::TenantId;

/// Whose data.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct TenantArg {
    /// The tenant
    #[arg(long, value_name = "ID", default_value_t = TenantId::DEFAULT)]
    pub(crate) tenant: TenantId,
}
