//! Opening the file that was admitted, and no other.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat2};
use rustix::io::Errno;

use super::OpenError;

/// Not through a link, and not held up by a pipe that was put in the file's place.
const HOW: OFlags = OFlags::NOFOLLOW.union(OFlags::NONBLOCK);

/// Opens an admitted path, which has no symbolic link in it. Since then a directory on the way
/// could have become one.
///
/// The kernel is asked to follow none (`openat2`, Linux 5.6). Where it cannot be asked, what was
/// opened is compared with what was admitted.
pub(super) fn open_admitted(admitted: &Path) -> Result<File, OpenError> {
    let resolve = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | HOW;
    let file = match openat2(CWD, admitted, flags, Mode::empty(), resolve) {
        Ok(file) => File::from(file),
        Err(Errno::LOOP) => return Err(replaced(admitted)),
        // An old kernel, or a container's filter that does not know the call.
        Err(Errno::NOSYS | Errno::PERM) => return open_and_compare(admitted),
        Err(error) => return Err(passing(admitted, &error.into())),
    };
    regular(admitted, file)
}

/// The same by the descriptor's own path.
fn open_and_compare(admitted: &Path) -> Result<File, OpenError> {
    let flags = i32::try_from(HOW.bits()).unwrap_or(0);
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags)
        .open(admitted)
        .map_err(|error| match error.raw_os_error() {
            Some(code) if code == Errno::LOOP.raw_os_error() => replaced(admitted),
            _ => passing(admitted, &error),
        })?;
    let opened = std::fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd()))
        .map_err(|error| passing(admitted, &error))?;
    if opened != admitted {
        return Err(replaced(admitted));
    }
    regular(admitted, file)
}

fn regular(admitted: &Path, file: File) -> Result<File, OpenError> {
    let about = file.metadata().map_err(|error| passing(admitted, &error))?;
    if about.is_file() {
        Ok(file)
    } else {
        Err(replaced(admitted))
    }
}

fn replaced(path: &Path) -> OpenError {
    OpenError::AtFault(format!(
        "{} was replaced while it was opened: load it again",
        path.display()
    ))
}

fn passing(path: &Path, error: &io::Error) -> OpenError {
    OpenError::Passing(anyhow::anyhow!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests;
