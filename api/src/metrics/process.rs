use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;

/// This process's memory.
#[derive(Debug)]
pub(super) struct Process;

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        // Where there is no /proc, there is no figure.
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let Some(bytes) = resident_bytes(&status) else {
            return Ok(());
        };
        let value = encoder.encode_descriptor(
            "process_resident_memory",
            "Memory that the process holds",
            Some(&Unit::Bytes),
            MetricType::Gauge,
        )?;
        ConstGauge::new(bytes).encode(value)
    }
}

/// `VmRSS` of `/proc/self/status`, which is in kibibytes; `statm` would be in pages of a size to ask for.
fn resident_bytes(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resident_memory_is_read() {
        let status = "Name:\tnexus\nVmRSS:\t   51200 kB\nThreads:\t4\n";
        assert_eq!(resident_bytes(status), Some(52_428_800));
        assert_eq!(resident_bytes("VmRSS:\tmany kB\n"), None);
        assert_eq!(resident_bytes(""), None);
    }
}
