// @generated automatically by Diesel CLI.

pub mod nexus {
    diesel::table! {
        nexus.attempt_errors (job_id, run, failed_at) {
            tenant_id -> Int8,
            job_id -> Int8,
            run -> Int4,
            attempt -> Int4,
            reason -> Text,
            error -> Text,
            worker_id -> Nullable<Uuid>,
            failed_at -> Timestamptz,
        }
    }

    diesel::table! {
        nexus.cases (id) {
            id -> Int8,
            tenant_id -> Int8,
            name -> Text,
            examiner -> Text,
            state -> Text,
            legal_hold -> Bool,
            created_at -> Timestamptz,
            created_by -> Text,
            updated_at -> Timestamptz,
            updated_by -> Text,
        }
    }

    diesel::table! {
        nexus.dataset_columns (dataset_id, field) {
            tenant_id -> Int8,
            case_id -> Int8,
            dataset_id -> Int8,
            field -> Text,
            position -> Int4,
            rows -> Int8,
            nulls -> Int8,
            distinct_estimate -> Int8,
            distinct_is_exact -> Bool,
            length_min -> Nullable<Int4>,
            length_max -> Nullable<Int4>,
            value_min -> Nullable<Text>,
            value_max -> Nullable<Text>,
            top -> Json,
            sketch -> Bytea,
        }
    }

    diesel::table! {
        nexus.dataset_loads (id) {
            id -> Int8,
            tenant_id -> Int8,
            case_id -> Int8,
            dataset_id -> Int8,
            job_id -> Nullable<Int8>,
            state -> Text,
            source -> Text,
            profile_name -> Text,
            profile -> Text,
            forced -> Bool,
            checkpoint -> Nullable<Json>,
            rows_before -> Nullable<Int8>,
            sha256 -> Nullable<Text>,
            bytes -> Nullable<Int8>,
            format -> Nullable<Text>,
            compression -> Nullable<Text>,
            encoding -> Nullable<Text>,
            encoding_basis -> Nullable<Text>,
            rows_read -> Int8,
            rows_loaded -> Int8,
            rows_rejected -> Int8,
            rows_negative -> Int8,
            rows_zero -> Int8,
            date_min -> Nullable<Date>,
            date_max -> Nullable<Date>,
            duplicates -> Nullable<Json>,
            timing -> Nullable<Json>,
            error -> Nullable<Text>,
            created_at -> Timestamptz,
            created_by -> Text,
            finished_at -> Nullable<Timestamptz>,
        }
    }

    diesel::table! {
        nexus.dataset_reject_counts (dataset_id, reason) {
            tenant_id -> Int8,
            case_id -> Int8,
            dataset_id -> Int8,
            reason -> Text,
            rows -> Int8,
        }
    }

    diesel::table! {
        nexus.dataset_rejects (dataset_id, row_no, rejected_at) {
            tenant_id -> Int8,
            case_id -> Int8,
            dataset_id -> Int8,
            line_no -> Int8,
            row_no -> Int8,
            column_name -> Nullable<Text>,
            reason -> Text,
            raw -> Text,
            rejected_at -> Timestamptz,
        }
    }

    diesel::table! {
        nexus.dataset_sums (dataset_id, currency) {
            tenant_id -> Int8,
            case_id -> Int8,
            dataset_id -> Int8,
            currency -> Text,
            rows -> Int8,
            amount_sum -> Numeric,
        }
    }

    diesel::table! {
        nexus.datasets (id) {
            id -> Int8,
            tenant_id -> Int8,
            case_id -> Int8,
            name -> Text,
            #[sql_name = "type"]
            type_ -> Text,
            state -> Text,
            rows_read -> Int8,
            rows_loaded -> Int8,
            rows_rejected -> Int8,
            rows_negative -> Int8,
            rows_zero -> Int8,
            date_min -> Nullable<Date>,
            date_max -> Nullable<Date>,
            error -> Nullable<Text>,
            created_at -> Timestamptz,
            created_by -> Text,
            finished_at -> Nullable<Timestamptz>,
        }
    }

    diesel::table! {
        nexus.dispatch (id) {
            id -> Int8,
            tenant_id -> Int8,
            queue -> Text,
            band -> Int2,
            due_at -> Timestamptz,
            suspect -> Bool,
            job_ids -> Array<Nullable<Int8>>,
            epoch -> Nullable<Text>,
        }
    }

    diesel::table! {
        nexus.job_history (id, finished_at) {
            id -> Int8,
            tenant_id -> Int8,
            kind -> Text,
            queue -> Text,
            band -> Int2,
            state -> Text,
            due_at -> Timestamptz,
            run -> Int4,
            attempt -> Int4,
            attempts_max -> Int4,
            lost_leases -> Int4,
            timeout_ms -> Nullable<Int8>,
            tags -> Nullable<Array<Nullable<Text>>>,
            args -> Json,
            created_at -> Timestamptz,
            created_by -> Text,
            started_at -> Nullable<Timestamptz>,
            finished_at -> Timestamptz,
            result -> Nullable<Json>,
            reason -> Nullable<Text>,
        }
    }

    diesel::table! {
        nexus.jobs (id) {
            id -> Int8,
            tenant_id -> Int8,
            kind -> Text,
            queue -> Text,
            band -> Int2,
            state -> Text,
            due_at -> Timestamptz,
            run -> Int4,
            attempt -> Int4,
            attempts_max -> Int4,
            lost_leases -> Int4,
            token -> Nullable<Uuid>,
            parked -> Nullable<Text>,
            timeout_ms -> Nullable<Int8>,
            tags -> Nullable<Array<Nullable<Text>>>,
            args -> Json,
            created_at -> Timestamptz,
            created_by -> Text,
            started_at -> Nullable<Timestamptz>,
        }
    }

    diesel::table! {
        nexus.leases (token) {
            token -> Uuid,
            tenant_id -> Int8,
            worker_id -> Uuid,
            job_ids -> Array<Nullable<Int8>>,
            expires_at -> Timestamptz,
        }
    }

    diesel::table! {
        nexus.queues (name) {
            name -> Text,
            tenant_id -> Int8,
            paused_at -> Nullable<Timestamptz>,
            paused_by -> Nullable<Text>,
            concurrency -> Nullable<Int4>,
            changed_at -> Timestamptz,
            changed_by -> Text,
        }
    }

    diesel::table! {
        nexus.relays (id) {
            id -> Uuid,
            tenant_id -> Int8,
            sleeping -> Bool,
            seen_at -> Timestamptz,
        }
    }

    diesel::table! {
        nexus.tenants (id) {
            id -> Int8,
            name -> Text,
            created_at -> Timestamptz,
            created_by -> Text,
        }
    }

    diesel::table! {
        nexus.workers (id) {
            id -> Uuid,
            tenant_id -> Int8,
            host -> Text,
            pid -> Int4,
            queues -> Json,
            kinds -> Array<Nullable<Text>>,
            started_at -> Timestamptz,
            seen_at -> Timestamptz,
            health -> Json,
            asked -> Nullable<Text>,
            asked_by -> Nullable<Text>,
            asked_at -> Nullable<Timestamptz>,
        }
    }

    diesel::joinable!(cases -> tenants (tenant_id));
    diesel::joinable!(dataset_columns -> datasets (dataset_id));
    diesel::joinable!(dataset_loads -> datasets (dataset_id));
    diesel::joinable!(dataset_reject_counts -> datasets (dataset_id));
    diesel::joinable!(dataset_sums -> datasets (dataset_id));
    diesel::joinable!(datasets -> cases (case_id));
    diesel::joinable!(datasets -> tenants (tenant_id));

    diesel::allow_tables_to_appear_in_same_query!(
        attempt_errors,
        cases,
        dataset_columns,
        dataset_loads,
        dataset_reject_counts,
        dataset_rejects,
        dataset_sums,
        datasets,
        dispatch,
        job_history,
        jobs,
        leases,
        queues,
        relays,
        tenants,
        workers,
    );
}
