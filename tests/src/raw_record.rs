//! A record as no client library sends it: written by hand, in Kafka's own protocol.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Sends a record with one header, whose name is whatever bytes, to partition 0 of a topic that is
/// there on a cluster of one broker.
pub async fn send(broker: &str, topic: &str, payload: &[u8], header: &[u8]) {
    const PRODUCE: i16 = 0;
    const VERSION: i16 = 3;
    const NONE: i16 = -1;
    let batch = batch(&record(payload, header));
    let mut request = Vec::new();
    for number in [PRODUCE, VERSION, 0, 7, NONE, NONE, NONE] {
        // The id of the request is one number of twice the size; then no client's name, no
        // transaction, and all replicas are to have it.
        request.extend(number.to_be_bytes());
    }
    request.extend(10_000_i32.to_be_bytes());
    request.extend(1_i32.to_be_bytes());
    request.extend(i16::try_from(topic.len()).expect("a name").to_be_bytes());
    request.extend(topic.as_bytes());
    request.extend(1_i32.to_be_bytes());
    request.extend(0_i32.to_be_bytes());
    request.extend(length(&batch));
    request.extend(&batch);

    let mut stream = TcpStream::connect(broker).await.expect("a broker");
    stream
        .write_all(&length(&request))
        .await
        .expect("a request");
    stream.write_all(&request).await.expect("a request");
    let bytes = stream.read_i32().await.expect("an answer");
    let mut answer = vec![0; usize::try_from(bytes).expect("a size")];
    stream.read_exact(&mut answer).await.expect("an answer");
    let code_at = 4 + 4 + 2 + topic.len() + 4 + 4;
    assert_eq!(
        answer[code_at..code_at + 2],
        [0, 0],
        "the broker refuses it"
    );
}

fn length(bytes: &[u8]) -> [u8; 4] {
    i32::try_from(bytes.len()).expect("a length").to_be_bytes()
}

/// A number as Kafka's records have it: zigzag, seven bits a byte.
fn varint(number: i64) -> Vec<u8> {
    let mut left = ((number << 1) ^ (number >> 63)).cast_unsigned();
    let mut bytes = Vec::new();
    while left >= 0x80 {
        bytes.push(u8::try_from(left & 0x7f).expect("seven bits") | 0x80);
        left >>= 7;
    }
    bytes.push(u8::try_from(left).expect("seven bits"));
    bytes
}

fn counted(bytes: &[u8]) -> Vec<u8> {
    let mut counted = varint(i64::try_from(bytes.len()).expect("a length"));
    counted.extend(bytes);
    counted
}

/// No attributes, time and offset those of the batch, no key.
fn record(payload: &[u8], header: &[u8]) -> Vec<u8> {
    let mut record = vec![0];
    record.extend([varint(0), varint(0), varint(-1), counted(payload)].concat());
    record.extend([varint(1), counted(header), counted(b"value")].concat());
    counted(&record)
}

fn batch(record: &[u8]) -> Vec<u8> {
    let mut sealed = Vec::new();
    sealed.extend(0_i16.to_be_bytes()); // attributes
    sealed.extend(0_i32.to_be_bytes()); // the last record's place in it
    sealed.extend([0_i64.to_be_bytes(), 0_i64.to_be_bytes()].concat()); // times
    sealed.extend((-1_i64).to_be_bytes()); // no idempotent producer
    sealed.extend((-1_i16).to_be_bytes());
    sealed.extend((-1_i32).to_be_bytes());
    sealed.extend(1_i32.to_be_bytes()); // records
    sealed.extend(record);
    let mut body = Vec::new();
    body.extend((-1_i32).to_be_bytes()); // the leader's epoch
    body.push(2); // the format's version
    body.extend(crc32c(&sealed).to_be_bytes());
    body.extend(sealed);
    let mut batch = 0_i64.to_be_bytes().to_vec(); // the first offset
    batch.extend(length(&body));
    batch.extend(body);
    batch
}

fn crc32c(bytes: &[u8]) -> u32 {
    const CASTAGNOLI: u32 = 0x82f6_3b78;
    let mut crc = u32::MAX;
    for &byte in bytes {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (CASTAGNOLI * (crc & 1));
        }
    }
    !crc
}
