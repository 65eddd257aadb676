/// The keys of one queue, as `apalis_redis::Config` makes them, and ours beside them.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    queue: String,
}

impl Keys {
    pub(super) fn of(queue: &str) -> Self {
        Self {
            queue: queue.to_owned(),
        }
    }

    fn key(&self, end: &str) -> String {
        format!("{}:{end}", self.queue)
    }

    /// Those that taking names, in its order.
    pub(super) fn of_take(&self) -> [String; 5] {
        [
            self.taken(),
            self.holder(),
            self.key("scheduled"),
            self.key("active"),
            self.data(),
        ]
    }

    pub(super) fn taken(&self) -> String {
        self.key("nexus:taken")
    }

    pub(super) fn holder(&self) -> String {
        self.key("nexus:holder")
    }

    pub(super) fn data(&self) -> String {
        self.key("data")
    }

    /// What stands before an id in the key of its metadata.
    pub(super) fn meta(&self) -> String {
        self.key("meta:")
    }

    pub(super) fn meta_of(&self, id: &[u8]) -> Vec<u8> {
        let mut key = self.meta().into_bytes();
        key.extend_from_slice(id);
        key
    }
}
