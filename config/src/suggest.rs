//! "Did you mean …": the known name nearest to an unknown one.

/// Similarity, from 0 to 1, below which a name is no likely slip of another.
const SIMILAR_ENOUGH: f64 = 0.6;

/// The candidate most like `given`, where one is like enough to be what was meant.
pub(crate) fn nearest(given: &str, candidates: impl IntoIterator<Item = String>) -> Option<String> {
    candidates
        .into_iter()
        .map(|known| (strsim::normalized_damerau_levenshtein(given, &known), known))
        .filter(|(similarity, _)| *similarity >= SIMILAR_ENOUGH)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn among(given: &str) -> Option<String> {
        let known = ["postgres.pool_size", "postgres.pool_wait", "redis.url"];
        nearest(given, known.map(String::from))
    }

    #[test]
    fn a_slip_finds_its_name_and_nonsense_none() {
        assert_eq!(
            among("postgres.poolsize").as_deref(),
            Some("postgres.pool_size")
        );
        assert_eq!(among("redis.ulr").as_deref(), Some("redis.url"));
        assert_eq!(among("zookeeper.quorum"), None);
    }
}
