use crate::redis::transport::RedisTransport;
use crate::transport::Result;

/// What a server holds, ours and everybody else's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Footprint {
    /// Keys of the database that the URL names.
    pub keys: u64,
    /// Bytes that the server has allocated.
    pub bytes: u64,
}

impl RedisTransport {
    /// How much the server holds, for `nexus bench`.
    pub async fn footprint(&self) -> Result<Footprint> {
        let mut connection = self.shared();
        let keys = redis::cmd("DBSIZE").query_async(&mut connection).await?;
        let info: String = redis::cmd("INFO")
            .arg("memory")
            .query_async(&mut connection)
            .await?;
        let bytes = info
            .lines()
            .find_map(|line| line.strip_prefix("used_memory:")?.trim().parse().ok());
        Ok(Footprint {
            keys,
            bytes: bytes.unwrap_or(0),
        })
    }
}
