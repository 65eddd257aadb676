//! Opening the file that was admitted, and no other.

use std::fs::{File, OpenOptions};
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use nexus_config::{NotAdmittedReason, Roots};

/// Why a file is not opened.
pub(super) enum OpenError {
    /// Another attempt would find the same.
    AtFault(String),
    /// Another attempt may find it better.
    Passing(anyhow::Error),
}

/// Opens `source` for reading if it lies under a root now.
///
/// Between the look at the path and the opening, a directory on the way could be
/// replaced by a symbolic link; so what was opened is compared with what was
/// admitted.
pub(super) fn open(roots: &Roots, source: &str) -> Result<File, OpenError> {
    let admitted = roots
        .admit(Path::new(source))
        .map_err(|error| match error.reason {
            NotAdmittedReason::Unreadable(_) => OpenError::Passing(error.into()),
            _ => OpenError::AtFault(error.to_string()),
        })?;
    let no_follow = i32::try_from(rustix::fs::OFlags::NOFOLLOW.bits()).unwrap_or(0);
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(no_follow)
        .open(&admitted)
        .map_err(|error| OpenError::Passing(anyhow::anyhow!("{}: {error}", admitted.display())))?;
    let opened = std::fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd()))
        .map_err(|error| OpenError::Passing(error.into()))?;
    if opened != admitted {
        return Err(OpenError::AtFault(format!(
            "{source} was replaced while it was opened: load it again"
        )));
    }
    Ok(file)
}
