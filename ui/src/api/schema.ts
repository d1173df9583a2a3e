// Made from openapi.json by `npm run api`; not to be edited.
export interface paths {
    "/api/project": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Project
         * @description The project that is served.
         */
        get: operations["project"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/connections": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Connections
         * @description Every connection with its companies.
         */
        get: operations["connections"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/flows": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Flows
         * @description Every flow.
         */
        get: operations["flows"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/flows/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Flow
         * @description One flow with its steps, as far as its file alone tells.
         */
        get: operations["flow"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/flows/{name}/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Check
         * @description Whether the flow can run, with every fault. Nothing is called.
         */
        post: operations["check"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/flows/{name}/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Preview
         * @description The first rows of a step.
         */
        post: operations["preview"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/flows/{name}/run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Run
         * @description Begin a run; it goes on in the background.
         */
        post: operations["run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Runs
         * @description Runs, newest first.
         */
        get: operations["runs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Run Detail
         * @description One run.
         */
        get: operations["run_detail"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * CallsAnswer
         * @description Calls spent, `metered` being those that the provider charges for.
         */
        CallsAnswer: {
            /** Metered */
            metered: number;
            /** Unmetered */
            unmetered: number;
            /** By Kind */
            by_kind: {
                [key: string]: number;
            };
        };
        /**
         * CheckAnswer
         * @description Whether a flow can run; a check spends no call. `sound` means that there is no fault.
         */
        CheckAnswer: {
            /** Sound */
            sound: boolean;
            /** Faults */
            faults: components["schemas"]["FaultAnswer"][];
            /** Notes */
            notes: string[];
            /** Steps */
            steps: components["schemas"]["CheckedStep"][];
        };
        /**
         * CheckWanted
         * @description Ask for a check of the file as it stands now.
         */
        CheckWanted: {
            /** Parameters */
            parameters?: {
                [key: string]: string;
            };
            /** Company */
            company?: string | null;
        };
        /**
         * CheckedStep
         * @description The columns a step gives; None where they show only with the data, and for writes.
         */
        CheckedStep: {
            /** Name */
            name: string;
            /** Columns */
            columns: components["schemas"]["ColumnAnswer"][] | null;
        };
        /**
         * ColumnAnswer
         * @description A column by name and type, in DuckDB's spelling.
         */
        ColumnAnswer: {
            /** Name */
            name: string;
            /** Type */
            type: string;
        };
        /**
         * CompanyAnswer
         * @description One authorization of a connection; `until` is None where the provider tells no end.
         *
         *     `standing`: `connected`, `ends soon` (reconnect before `until`), or `reconnect` (nothing works until somebody does).
         */
        CompanyAnswer: {
            /** Id */
            id: string;
            /** Name */
            name: string;
            /**
             * Standing
             * @enum {string}
             */
            standing: "connected" | "ends soon" | "reconnect";
            /** Explanation */
            explanation: string;
            /**
             * Connected At
             * Format: date-time
             */
            connected_at: string;
            /** Until */
            until: string | null;
        };
        /**
         * CompanyChoice
         * @description A company that a run can work for; `name` may be empty.
         */
        CompanyChoice: {
            /** Id */
            id: string;
            /** Name */
            name: string;
        };
        /**
         * ConnectionAnswer
         * @description One connection of the project. `connect_path` starts its authorization; None where there is nothing to start.
         *
         *     `problem` says why its file cannot be used; then only its name is known.
         */
        ConnectionAnswer: {
            /** Name */
            name: string;
            /** File */
            file: string;
            /** Api */
            api: string;
            /** Provider */
            provider: string | null;
            /** Base Url */
            base_url: string;
            /** Security */
            security: string;
            /** Companies */
            companies: components["schemas"]["CompanyAnswer"][];
            /** Connect Path */
            connect_path: string | null;
            /** Warnings */
            warnings: string[];
            problem: components["schemas"]["ProblemAnswer"] | null;
        };
        /**
         * ConnectionsAnswer
         * @description Every connection, by name.
         */
        ConnectionsAnswer: {
            /** Connections */
            connections: components["schemas"]["ConnectionAnswer"][];
        };
        /**
         * FaultAnswer
         * @description One fault of a file. `line` counts from 1; `key` is the dotted path; `nearest` is a name probably meant.
         */
        FaultAnswer: {
            /** File */
            file: string;
            /** Line */
            line: number | null;
            /** Key */
            key: string;
            /** Message */
            message: string;
            /** Nearest */
            nearest: string | null;
        };
        /**
         * FlowAnswer
         * @description One flow; its steps come in an order in which each follows its inputs, those kept out of it by faults last.
         *
         *     `companies` are those of the connections it calls: with more than one, a run has to be told which.
         */
        FlowAnswer: {
            /** Name */
            name: string;
            /** File */
            file: string;
            /** Description */
            description: string;
            /** Parameters */
            parameters: components["schemas"]["ParameterAnswer"][];
            /** Steps */
            steps: components["schemas"]["StepAnswer"][];
            /** Faults */
            faults: components["schemas"]["FaultAnswer"][];
            /** Notes */
            notes: string[];
            /** Companies */
            companies: components["schemas"]["CompanyChoice"][];
        };
        /**
         * FlowSummary
         * @description One flow in a list. `faults` counts what its file has to have mended before it can run.
         */
        FlowSummary: {
            /** Name */
            name: string;
            /** File */
            file: string;
            /** Description */
            description: string;
            /** Reads */
            reads: string[];
            /** Writes */
            writes: string[];
            /** Steps */
            steps: number;
            /** Faults */
            faults: number;
            last_run: components["schemas"]["RunSummary"] | null;
        };
        /**
         * FlowsAnswer
         * @description Every flow, by name.
         */
        FlowsAnswer: {
            /** Flows */
            flows: components["schemas"]["FlowSummary"][];
        };
        /**
         * LogLine
         * @description One line of a run's log; `step` is empty for the run as a whole.
         */
        LogLine: {
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** Step */
            step: string;
            /** Text */
            text: string;
        };
        /**
         * ParameterAnswer
         * @description A value that a run may be given; `default` as text, None: it must be given.
         */
        ParameterAnswer: {
            /** Name */
            name: string;
            /**
             * Type
             * @enum {string}
             */
            type: "text" | "integer" | "decimal" | "date" | "timestamp" | "boolean";
            /** Default */
            default: string | null;
            /** Description */
            description: string;
        };
        /**
         * PreviewAnswer
         * @description The first rows of a step, each cell as text exactly as it is (money keeps every digit); None is no value.
         *
         *     `more` says that the step would give further rows; `calls` is what the preview spent. Of the reads in `cut` only
         *     the first page was read, so that totals over them are not whole.
         */
        PreviewAnswer: {
            /** Step */
            step: string;
            /** Columns */
            columns: components["schemas"]["ColumnAnswer"][];
            /** Rows */
            rows: (string | null)[][];
            /** More */
            more: boolean;
            /** Calls */
            calls: number;
            /** Cut */
            cut: string[];
            /** Notes */
            notes: string[];
        };
        /**
         * PreviewWanted
         * @description Ask for the first rows of a step.
         */
        PreviewWanted: {
            /** Parameters */
            parameters?: {
                [key: string]: string;
            };
            /** Company */
            company?: string | null;
            /** Step */
            step: string;
            /**
             * Rows
             * @default 50
             */
            rows: number;
        };
        /**
         * ProblemAnswer
         * @description What went wrong, where, and what to do next. `error` names who acts next.
         */
        ProblemAnswer: {
            /** Error */
            error: string;
            /** What */
            what: string;
            /** Where */
            where: string;
            /** Next */
            next: string;
            /** Faults */
            faults: components["schemas"]["FaultAnswer"][];
        };
        /**
         * ProjectAnswer
         * @description The project that is served. `folder` is its place on the machine of the server.
         */
        ProjectAnswer: {
            /** Project */
            project: string;
            /** Description */
            description: string;
            /** Folder */
            folder: string;
            /** Version */
            version: string;
        };
        /**
         * RunAnswer
         * @description One run. `tasks` tell what is under way while this server works on it; `tries` counts how often it was begun.
         *
         *     A dry run writes and sends nothing; its counts are those of its plan.
         */
        RunAnswer: {
            /** Id */
            id: string;
            /** Flow */
            flow: string;
            /**
             * State
             * @enum {string}
             */
            state: "running" | "done" | "failed" | "stopped";
            /** Dry Run */
            dry_run: boolean;
            /**
             * Started At
             * Format: date-time
             */
            started_at: string;
            /** Ended At */
            ended_at: string | null;
            /** Tries */
            tries: number;
            /** Parameters */
            parameters: {
                [key: string]: string;
            };
            /** Company */
            company: string;
            /** Steps */
            steps: components["schemas"]["RunStepAnswer"][];
            /** Set Aside */
            set_aside: components["schemas"]["SetAsideAnswer"][];
            calls: components["schemas"]["CallsAnswer"];
            /** Tasks */
            tasks: components["schemas"]["TaskAnswer"][];
            /** Notes */
            notes: string[];
            /** Log */
            log: components["schemas"]["LogLine"][];
            problem: components["schemas"]["ProblemAnswer"] | null;
        };
        /**
         * RunStarted
         * @description The run that was begun; it goes on in the background of the server.
         */
        RunStarted: {
            /** Run */
            run: string;
        };
        /**
         * RunStepAnswer
         * @description What a step did so far. `place` is what was written to; a file's is relative to the project.
         *
         *     `created`, `updated`, `skipped` and `set_aside` count rows of a write into an api. `outcomes_file` tells for each
         *     row what became of it.
         */
        RunStepAnswer: {
            /** Name */
            name: string;
            /** Kind */
            kind: string;
            /**
             * State
             * @enum {string}
             */
            state: "open" | "done";
            /** Rows */
            rows: number | null;
            /** Place */
            place: string | null;
            /** Created */
            created: number;
            /** Updated */
            updated: number;
            /** Skipped */
            skipped: number;
            /** Set Aside */
            set_aside: number;
            /** Outcomes File */
            outcomes_file: string | null;
        };
        /**
         * RunSummary
         * @description One run in a list. `set_aside` counts rows that were refused with a reason.
         */
        RunSummary: {
            /** Id */
            id: string;
            /** Flow */
            flow: string;
            /**
             * State
             * @enum {string}
             */
            state: "running" | "done" | "failed" | "stopped";
            /** Dry Run */
            dry_run: boolean;
            /**
             * Started At
             * Format: date-time
             */
            started_at: string;
            /** Ended At */
            ended_at: string | null;
            /** Set Aside */
            set_aside: number;
        };
        /**
         * RunWanted
         * @description Ask for a run; `fresh` starts anew instead of carrying on one that stopped, `dry_run` writes nothing.
         */
        RunWanted: {
            /** Parameters */
            parameters?: {
                [key: string]: string;
            };
            /** Company */
            company?: string | null;
            /**
             * Fresh
             * @default false
             */
            fresh: boolean;
            /**
             * Dry Run
             * @default false
             */
            dry_run: boolean;
        };
        /**
         * RunsAnswer
         * @description Runs, newest first; `more` says that there are older ones.
         */
        RunsAnswer: {
            /** Runs */
            runs: components["schemas"]["RunSummary"][];
            /** More */
            more: boolean;
        };
        /**
         * SetAsideAnswer
         * @description Rows that a step refused, the first of them at least. `file` holds all; it can be mended and run again.
         */
        SetAsideAnswer: {
            /** Step */
            step: string;
            /** File */
            file: string;
            /** Total */
            total: number;
            /** Columns */
            columns: string[];
            /** Rows */
            rows: components["schemas"]["SetAsideRow"][];
        };
        /**
         * SetAsideRow
         * @description A row that was refused: its number in the input of the step, counted from 1, why, and what it holds.
         */
        SetAsideRow: {
            /** Row */
            row: string;
            /** Reason */
            reason: string;
            /** Cells */
            cells: (string | null)[];
        };
        /**
         * StepAnswer
         * @description One step. `takes` are the steps it takes rows from, `after` the writes it waits for.
         *
         *     `resource` is what it reads or writes. `settings` are its other keys as the file has them, as YAML text. `kind` is
         *     empty for a step that faults keep out of the graph; its settings are then all that the file says.
         */
        StepAnswer: {
            /** Name */
            name: string;
            /** Kind */
            kind: string;
            /**
             * Role
             * @enum {string}
             */
            role: "read" | "transform" | "write";
            /** Takes */
            takes: string[];
            /** After */
            after: string[];
            /** Resource */
            resource: string | null;
            /** Settings */
            settings: string;
        };
        /**
         * TaskAnswer
         * @description Something under way; `total` is None while nobody knows it.
         */
        TaskAnswer: {
            /** Name */
            name: string;
            /** Unit */
            unit: string;
            /** Done */
            done: number;
            /** Total */
            total: number | null;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    project: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProjectAnswer"];
                };
            };
            /** @description What went wrong, where, and what to do next. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemAnswer"];
                };
            };
        };
    };
    connections: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConnectionsAnswer"];
                };
            };
            /** @description What went wrong, where, and what to do next. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemAnswer"];
                };
            };
        };
    };
    flows: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FlowsAnswer"];
                };
            };
            /** @description What went wrong, where, and what to do next. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemAnswer"];
                };
            };
        };
    };
    flow: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FlowAnswer"];
                };
            };
            /** @description What went wrong, where, and what to do next. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemAnswer"];
                };
            };
        };
    };
    check: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CheckWanted"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CheckAnswer"];
                };
            };
            /** @description What went wrong, where, and what to do next. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemAnswer"];
                };
            };
        };
    };
    preview: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PreviewWanted"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PreviewAnswer"];
                };
            };
            /** @description What went wrong, where, and what to do next. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemAnswer"];
                };
            };
        };
    };
    run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RunWanted"];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunStarted"];
                };
            };
            /** @description What went wrong, where, and what to do next. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemAnswer"];
                };
            };
        };
    };
    runs: {
        parameters: {
            query?: {
                flow?: string | null;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunsAnswer"];
                };
            };
            /** @description What went wrong, where, and what to do next. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemAnswer"];
                };
            };
        };
    };
    run_detail: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunAnswer"];
                };
            };
            /** @description What went wrong, where, and what to do next. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemAnswer"];
                };
            };
        };
    };
}
