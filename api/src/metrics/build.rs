use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

/// `nexus_build_info`: which version runs.
pub(super) fn register(registry: &mut Registry) {
    let info = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
    registry.register("build", "The version that runs", info);
}
