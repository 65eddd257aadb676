DROP FUNCTION nexus.save_checkpoint(bigint, json);
DROP TABLE nexus.bank_statements, nexus.expenses, nexus.transactions, nexus.dataset_rejects,
    nexus.dataset_reject_counts, nexus.dataset_sums, nexus.datasets, nexus.cases;
