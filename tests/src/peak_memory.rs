//! The most memory that a process has held.

use crate::binary::Running;

impl Running {
    /// The peak of its resident memory so far, in bytes, as Linux counts it.
    pub fn peak_memory(&self) -> u64 {
        let file = format!("/proc/{}/status", self.pid());
        let status = std::fs::read_to_string(file).expect("the process runs");
        let kibibytes = status.lines().find_map(|line| {
            let rest = line.strip_prefix("VmHWM:")?;
            rest.trim().strip_suffix(" kB")?.parse::<u64>().ok()
        });
        kibibytes.expect("a peak in kB") * 1024
    }
}
