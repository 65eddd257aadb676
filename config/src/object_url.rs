//! URLs of objects in a store: `s3://bucket/folder/file.csv`.

use std::fmt::{self, Write as _};
use std::str::FromStr;

/// Longest key of an object, in bytes. The bound of S3 ("Naming Amazon S3 objects"); the other
/// stores have the same.
const KEY_BYTES_MAX: usize = 1024;

/// Bytes of a bucket's name, least and most ("General purpose bucket naming rules" of S3).
const BUCKET_BYTES: std::ops::RangeInclusive<usize> = 3..=63;

/// What kind of store a URL is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StoreScheme {
    /// Amazon S3, or any store that speaks its protocol.
    S3,
    /// Google Cloud Storage.
    Gs,
    /// Azure Blob Storage; the bucket is a container.
    Az,
}

/// An object by its place: a bucket, and a key without `.`, `..` and empty segments. It shows as
/// the one URL that reads back as the same object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectUrl {
    scheme: StoreScheme,
    bucket: String,
    key: String,
}

/// The beginning that all objects of a store share: a bucket, and folders of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectPrefix {
    scheme: StoreScheme,
    bucket: String,
    /// Empty, or ends in `/`.
    prefix: String,
}

/// Why a text is no [`ObjectUrl`] or [`ObjectPrefix`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnObjectUrl {
    /// Not one of s3, gs, az.
    #[error("its scheme is not s3, gs or az")]
    Scheme,
    /// Something stands before an `@`.
    #[error("it holds a user or a password, which belong into the settings")]
    UserInfo,
    /// It has a `?`.
    #[error("it has a query; a ? in a name is written %3F")]
    Query,
    /// It has a `#`.
    #[error("it has a fragment; a # in a name is written %23")]
    Fragment,
    /// Too short, too long, or of other characters.
    #[error("its bucket is no bucket's name (3 to 63 of a-z, 0-9, -, _ and .)")]
    Bucket,
    /// Nothing stands behind the bucket, or what stands there ends in `/`.
    #[error("it names no object")]
    NoObject,
    /// Two slashes in a row.
    #[error("a part of its path is empty")]
    EmptySegment,
    /// `.` or `..`, in whatever spelling.
    #[error("its path holds . or ..")]
    Dots,
    /// `%2F`.
    #[error("it holds an encoded slash")]
    EncodedSlash,
    /// `%` and no two hexadecimal digits, or bytes that are no UTF-8.
    #[error("it holds a % that encodes nothing; a % in a name is written %25")]
    Encoding,
    /// A NUL, a line's end and the like.
    #[error("it holds a control character")]
    Control,
    /// Over 1024 bytes.
    #[error("its path is longer than {KEY_BYTES_MAX} bytes")]
    TooLong,
    /// A prefix without its last `/` would admit names that merely begin so.
    #[error("it does not end in /")]
    NoFolder,
}

impl StoreScheme {
    /// How it is written before `://`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Gs => "gs",
            Self::Az => "az",
        }
    }

    fn read(text: &str) -> Option<Self> {
        [Self::S3, Self::Gs, Self::Az]
            .into_iter()
            .find(|scheme| text.eq_ignore_ascii_case(scheme.as_str()))
    }
}

impl ObjectUrl {
    /// The kind of store.
    pub const fn scheme(&self) -> StoreScheme {
        self.scheme
    }

    /// The bucket.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// The object's key in its bucket, with nothing encoded.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The last part of the key, as a file's name.
    pub fn file_name(&self) -> &str {
        self.key.rsplit('/').next().unwrap_or(&self.key)
    }
}

impl ObjectPrefix {
    /// The kind of store.
    pub const fn scheme(&self) -> StoreScheme {
        self.scheme
    }

    /// The bucket.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// Whether the object lies in it.
    pub fn covers(&self, url: &ObjectUrl) -> bool {
        self.scheme == url.scheme
            && self.bucket == url.bucket
            && url.key.starts_with(self.prefix.as_str())
    }

    /// Length of the prefix in bytes: of two that cover an object, the longer is about it.
    pub fn depth(&self) -> usize {
        self.prefix.len()
    }
}

impl FromStr for ObjectUrl {
    type Err = NotAnObjectUrl;

    fn from_str(text: &str) -> Result<Self, NotAnObjectUrl> {
        let (scheme, bucket, path) = split(text)?;
        Ok(Self {
            scheme,
            bucket: bucket.to_owned(),
            key: key(path)?,
        })
    }
}

impl FromStr for ObjectPrefix {
    type Err = NotAnObjectUrl;

    fn from_str(text: &str) -> Result<Self, NotAnObjectUrl> {
        let (scheme, bucket, path) = split(text)?;
        let prefix = match path.strip_suffix('/') {
            Some(folders) => key(folders)? + "/",
            None if path.is_empty() && text.ends_with('/') => String::new(),
            None => return Err(NotAnObjectUrl::NoFolder),
        };
        Ok(Self {
            scheme,
            bucket: bucket.to_owned(),
            prefix,
        })
    }
}

/// Scheme, bucket, and what stands behind the slash after it.
fn split(text: &str) -> Result<(StoreScheme, &str, &str), NotAnObjectUrl> {
    let (scheme, rest) = text.split_once("://").ok_or(NotAnObjectUrl::Scheme)?;
    let scheme = StoreScheme::read(scheme).ok_or(NotAnObjectUrl::Scheme)?;
    let (bucket, path) = rest.split_once('/').unwrap_or((rest, ""));
    if bucket.contains('@') {
        return Err(NotAnObjectUrl::UserInfo);
    }
    if rest.contains('?') {
        return Err(NotAnObjectUrl::Query);
    }
    if rest.contains('#') {
        return Err(NotAnObjectUrl::Fragment);
    }
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(&b);
    let framed = !bucket.starts_with(['-', '_', '.']) && !bucket.ends_with(['-', '_', '.']);
    if !BUCKET_BYTES.contains(&bucket.len())
        || !bucket.bytes().all(fits)
        || !framed
        || bucket.contains("..")
    {
        return Err(NotAnObjectUrl::Bucket);
    }
    Ok((scheme, bucket, path))
}

/// A key, decoded and checked a segment at a time.
fn key(path: &str) -> Result<String, NotAnObjectUrl> {
    if path.is_empty() || path.ends_with('/') {
        return Err(NotAnObjectUrl::NoObject);
    }
    let segments: Vec<String> = path.split('/').map(segment).collect::<Result<_, _>>()?;
    let key = segments.join("/");
    if key.len() > KEY_BYTES_MAX {
        return Err(NotAnObjectUrl::TooLong);
    }
    Ok(key)
}

fn segment(text: &str) -> Result<String, NotAnObjectUrl> {
    let decoded = percent_decoded(text).ok_or(NotAnObjectUrl::Encoding)?;
    if decoded.contains('/') {
        Err(NotAnObjectUrl::EncodedSlash)
    } else if decoded.is_empty() {
        Err(NotAnObjectUrl::EmptySegment)
    } else if decoded == "." || decoded == ".." {
        Err(NotAnObjectUrl::Dots)
    } else if decoded.contains(char::is_control) {
        Err(NotAnObjectUrl::Control)
    } else {
        Ok(decoded)
    }
}

/// The text with each `%` and its two hexadecimal digits replaced by their byte; `None` where
/// there are none, or the bytes are not UTF-8.
pub(crate) fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' {
            let mut digit = || char::from(rest.next()?).to_digit(16);
            u8::try_from(digit()? * 16 + digit()?).ok()?
        } else {
            byte
        });
    }
    String::from_utf8(bytes).ok()
}

/// Writes a key so that it reads back: only what a URL gives another meaning is encoded.
fn write_key(f: &mut fmt::Formatter<'_>, key: &str) -> fmt::Result {
    for c in key.chars() {
        match c {
            '%' | '?' | '#' => write!(f, "%{:02X}", u32::from(c))?,
            c => f.write_char(c)?,
        }
    }
    Ok(())
}

impl fmt::Display for ObjectUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}/", self.scheme.as_str(), self.bucket)?;
        write_key(f, &self.key)
    }
}

impl fmt::Display for ObjectPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}/", self.scheme.as_str(), self.bucket)?;
        write_key(f, &self.prefix)
    }
}

#[cfg(test)]
mod tests;
