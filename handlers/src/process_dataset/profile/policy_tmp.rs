#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DuplicatePolicy { Keep, Reject, Replace }
impl DuplicatePolicy { pub const fn as_str(self) -> &'static str { match self { Self::Keep=>"keep", Self::Reject=>"reject", Self::Replace=>"replace" } } }
