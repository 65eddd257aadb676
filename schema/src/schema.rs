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
        nexus.breakers (kind) {
            kind -> Text,
            tenant_id -> Int8,
            failure_share -> Float8,
            attempts_min -> Int4,
            window_ms -> Int8,
            open_ms -> Int8,
            probes -> Int4,
            state -> Text,
            since -> Timestamptz,
            attempts -> Int8,
            failures -> Int8,
            probing -> Int4,
            created_at -> Timestamptz,
            created_by -> Text,
            changed_at -> Timestamptz,
            changed_by -> Text,
        }
    }

    diesel::table! {
        nexus.cancellations (job_id) {
            job_id -> Int8,
            tenant_id -> Int8,
            reason -> Text,
            asked_by -> Text,
            asked_at -> Timestamptz,
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
        nexus.enqueue_rules (only_row) {
            only_row -> Bool,
            tenant_id -> Int8,
            batch_max -> Int4,
            args_bytes_max -> Int8,
            entry_ids_max -> Int4,
            attempts_max -> Int4,
        }
    }

    diesel::table! {
        nexus.events (listener, id) {
            id -> Int8,
            listener -> Text,
            tenant_id -> Int8,
            #[sql_name = "type"]
            type_ -> Text,
            at -> Timestamptz,
            kind -> Text,
            queue -> Text,
            depth -> Int2,
            job_ids -> Array<Nullable<Int8>>,
            runs -> Array<Nullable<Int4>>,
            event_id -> Nullable<Text>,
            subject -> Nullable<Text>,
            data -> Nullable<Json>,
        }
    }

    diesel::table! {
        nexus.gate_ends (gate, id) {
            gate -> Text,
            id -> Int8,
            tenant_id -> Int8,
            jobs -> Int4,
        }
    }

    diesel::table! {
        nexus.gates (gate) {
            gate -> Text,
            tenant_id -> Int8,
            in_use -> Int4,
            next_at -> Nullable<Timestamptz>,
            waiting -> Bool,
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
            expires_at -> Nullable<Timestamptz>,
            order_key -> Nullable<Text>,
            limit_key -> Nullable<Text>,
            backoff -> Nullable<Json>,
            replay_of -> Nullable<Int8>,
            progress -> Nullable<Json>,
            ended_by -> Nullable<Text>,
            replayed_as -> Nullable<Int8>,
            workflow_id -> Nullable<Int8>,
            workflow_node -> Nullable<Int4>,
        }
    }

    diesel::table! {
        nexus.job_logs (job_id, run, line, logged_at) {
            tenant_id -> Int8,
            job_id -> Int8,
            run -> Int4,
            line -> Int4,
            level -> Text,
            message -> Text,
            fields -> Nullable<Json>,
            logged_at -> Timestamptz,
        }
    }

    diesel::table! {
        nexus.job_origins (job_id, taken_at) {
            tenant_id -> Int8,
            job_id -> Int8,
            source -> Text,
            source_id -> Text,
            metadata -> Nullable<Json>,
            taken_at -> Timestamptz,
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
            expires_at -> Nullable<Timestamptz>,
            unique_key -> Nullable<Text>,
            order_key -> Nullable<Text>,
            limit_key -> Nullable<Text>,
            backoff -> Nullable<Json>,
            replay_of -> Nullable<Int8>,
            progress -> Nullable<Json>,
            slots -> Nullable<Array<Nullable<Text>>>,
            parked_on -> Nullable<Text>,
            depth -> Nullable<Int2>,
            workflow_id -> Nullable<Int8>,
            workflow_node -> Nullable<Int4>,
        }
    }

    diesel::table! {
        nexus.kinds (kind) {
            kind -> Text,
            tenant_id -> Int8,
            queue -> Text,
            band -> Int2,
            entry_ids -> Nullable<Int4>,
            attempts_max -> Nullable<Int4>,
            seen_at -> Timestamptz,
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
        nexus.limits (name) {
            name -> Text,
            tenant_id -> Int8,
            queue -> Nullable<Text>,
            kind -> Nullable<Text>,
            per -> Text,
            concurrency -> Nullable<Int4>,
            rate -> Nullable<Int4>,
            rate_per_ms -> Nullable<Int8>,
            burst -> Nullable<Int4>,
            created_at -> Timestamptz,
            created_by -> Text,
            changed_at -> Timestamptz,
            changed_by -> Text,
        }
    }

    diesel::table! {
        nexus.listened (listener, type_) {
            listener -> Text,
            tenant_id -> Int8,
            #[sql_name = "type"]
            type_ -> Text,
            kinds -> Nullable<Array<Nullable<Text>>>,
        }
    }

    diesel::table! {
        nexus.listeners (name) {
            name -> Text,
            tenant_id -> Int8,
            since -> Timestamptz,
            seen_at -> Timestamptz,
            lost -> Int8,
            lost_until -> Nullable<Timestamptz>,
        }
    }

    diesel::table! {
        nexus.order_keys (tenant_id, key) {
            tenant_id -> Int8,
            key -> Text,
            head -> Nullable<Int8>,
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
            transport -> Nullable<Text>,
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
        nexus.reservations (key) {
            key -> Text,
            tenant_id -> Int8,
            job_id -> Int8,
            until -> Nullable<Timestamptz>,
            outlives -> Bool,
        }
    }

    diesel::table! {
        nexus.schedule_versions (name, version) {
            name -> Text,
            version -> Int4,
            tenant_id -> Int8,
            change -> Text,
            definition -> Json,
            changed_at -> Timestamptz,
            changed_by -> Text,
        }
    }

    diesel::table! {
        nexus.schedules (name) {
            name -> Text,
            tenant_id -> Int8,
            version -> Int4,
            definition -> Json,
            kind -> Nullable<Text>,
            origin -> Text,
            paused_at -> Nullable<Timestamptz>,
            paused_by -> Nullable<Text>,
            next_at -> Nullable<Timestamptz>,
            open_jobs -> Array<Nullable<Int8>>,
            fired -> Int8,
            skipped -> Int8,
            missed -> Int8,
            failed -> Int8,
            last_tick_at -> Nullable<Timestamptz>,
            last_job -> Nullable<Int8>,
            last_why -> Nullable<Text>,
            created_at -> Timestamptz,
            created_by -> Text,
            changed_at -> Timestamptz,
            changed_by -> Text,
        }
    }

    diesel::table! {
        nexus.supervisors (name) {
            name -> Text,
            tenant_id -> Int8,
            host -> Text,
            pid -> Int4,
            processes_desired -> Int4,
            processes -> Int4,
            scaled_at -> Nullable<Timestamptz>,
            scaled_by -> Nullable<Text>,
            restart_asked_at -> Nullable<Timestamptz>,
            started_at -> Timestamptz,
            seen_at -> Timestamptz,
            health -> Json,
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
        nexus.ticks (id, at) {
            id -> Int8,
            tenant_id -> Int8,
            schedule -> Text,
            version -> Int4,
            tick_at -> Timestamptz,
            through_at -> Nullable<Timestamptz>,
            #[sql_name = "ticks"]
            ticks_ -> Int8,
            outcome -> Text,
            reason -> Nullable<Text>,
            job_id -> Nullable<Int8>,
            asked_by -> Nullable<Text>,
            backfill -> Bool,
            at -> Timestamptz,
        }
    }

    diesel::table! {
        nexus.trigger_log (id, at) {
            id -> Int8,
            tenant_id -> Int8,
            trigger -> Text,
            version -> Int4,
            outcome -> Text,
            reason -> Nullable<Text>,
            job_id -> Nullable<Int8>,
            event_id -> Text,
            event -> Json,
            at -> Timestamptz,
        }
    }

    diesel::table! {
        nexus.trigger_versions (name, version) {
            name -> Text,
            version -> Int4,
            tenant_id -> Int8,
            change -> Text,
            definition -> Json,
            reason -> Nullable<Text>,
            changed_at -> Timestamptz,
            changed_by -> Text,
        }
    }

    diesel::table! {
        nexus.triggers (name) {
            name -> Text,
            tenant_id -> Int8,
            version -> Int4,
            definition -> Json,
            enabled -> Bool,
            reason -> Nullable<Text>,
            next_at -> Nullable<Timestamptz>,
            fired -> Int8,
            skipped -> Int8,
            failed -> Int8,
            fired_at -> Nullable<Timestamptz>,
            skipped_at -> Nullable<Timestamptz>,
            skipped_why -> Nullable<Text>,
            created_at -> Timestamptz,
            created_by -> Text,
            changed_at -> Timestamptz,
            changed_by -> Text,
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

    diesel::table! {
        nexus.workflow_ends (workflow_id, job_id) {
            workflow_id -> Int8,
            job_id -> Int8,
            tenant_id -> Int8,
            node -> Int4,
            state -> Text,
            passed -> Int4,
            at -> Timestamptz,
        }
    }

    diesel::table! {
        nexus.workflow_history (id, finished_at) {
            id -> Int8,
            tenant_id -> Int8,
            name -> Text,
            key -> Nullable<Text>,
            state -> Text,
            round -> Int4,
            jobs -> Int4,
            completed -> Int4,
            discarded -> Int4,
            cancelled -> Int4,
            on_success -> Nullable<Json>,
            on_failure -> Nullable<Json>,
            called -> Array<Nullable<Int8>>,
            depth -> Int2,
            created_at -> Timestamptz,
            created_by -> Text,
            called_off_at -> Nullable<Timestamptz>,
            called_off_by -> Nullable<Text>,
            reason -> Nullable<Text>,
            finished_at -> Timestamptz,
            nodes -> Json,
        }
    }

    diesel::table! {
        nexus.workflow_nodes (workflow_id, node) {
            workflow_id -> Int8,
            node -> Int4,
            tenant_id -> Int8,
            name -> Text,
            kind -> Text,
            job_id -> Int8,
            state -> Text,
            needs -> Text,
            waits_for -> Int4,
            missed -> Int4,
            before -> Array<Nullable<Int4>>,
            next -> Array<Nullable<Int4>>,
            entry_ids -> Int4,
            delay_ms -> Nullable<Int8>,
            finished_at -> Nullable<Timestamptz>,
        }
    }

    diesel::table! {
        nexus.workflows (id) {
            id -> Int8,
            tenant_id -> Int8,
            name -> Text,
            key -> Nullable<Text>,
            round -> Int4,
            jobs -> Int4,
            unfinished -> Int4,
            completed -> Int4,
            discarded -> Int4,
            cancelled -> Int4,
            on_success -> Nullable<Json>,
            on_failure -> Nullable<Json>,
            called -> Array<Nullable<Int8>>,
            depth -> Int2,
            created_at -> Timestamptz,
            created_by -> Text,
            called_off_at -> Nullable<Timestamptz>,
            called_off_by -> Nullable<Text>,
            reason -> Nullable<Text>,
        }
    }

    diesel::joinable!(cases -> tenants (tenant_id));
    diesel::joinable!(dataset_columns -> datasets (dataset_id));
    diesel::joinable!(dataset_loads -> datasets (dataset_id));
    diesel::joinable!(dataset_reject_counts -> datasets (dataset_id));
    diesel::joinable!(dataset_sums -> datasets (dataset_id));
    diesel::joinable!(datasets -> cases (case_id));
    diesel::joinable!(datasets -> tenants (tenant_id));
    diesel::joinable!(listened -> listeners (listener));

    diesel::allow_tables_to_appear_in_same_query!(
        attempt_errors,
        breakers,
        cancellations,
        cases,
        dataset_columns,
        dataset_loads,
        dataset_reject_counts,
        dataset_rejects,
        dataset_sums,
        datasets,
        dispatch,
        enqueue_rules,
        events,
        gate_ends,
        gates,
        job_history,
        job_logs,
        job_origins,
        jobs,
        kinds,
        leases,
        limits,
        listened,
        listeners,
        order_keys,
        queues,
        relays,
        reservations,
        schedule_versions,
        schedules,
        supervisors,
        tenants,
        ticks,
        trigger_log,
        trigger_versions,
        triggers,
        workers,
        workflow_ends,
        workflow_history,
        workflow_nodes,
        workflows,
    );
}
