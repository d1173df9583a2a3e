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
         * @description One flow with its steps.
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
         * @description Whether the flow can run, with every fault.
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
         * @description The columns a step gives, as far as they are known without reading.
         */
        CheckedStep: {
            /** Name */
            name: string;
            /** Columns */
            columns: components["schemas"]["ColumnAnswer"][];
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
         * @description One flow; its steps come in an order in which each follows its inputs.
         *
         *     `companies` are those that a run can be told to work for, where there are several to choose from.
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
            companies: string[];
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
         *     `more` says that the step would give further rows; `calls` is what the preview spent.
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
         * @description One run. `tasks` and `notes` tell how it goes while this server works on it.
         *
         *     `set_aside_more` counts refused rows beyond those listed.
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
            /**
             * Started At
             * Format: date-time
             */
            started_at: string;
            /** Ended At */
            ended_at: string | null;
            /** Parameters */
            parameters: {
                [key: string]: string;
            };
            /** Companies */
            companies: string[];
            /** Steps */
            steps: components["schemas"]["RunStepAnswer"][];
            /** Set Aside */
            set_aside: components["schemas"]["SetAsideRow"][];
            /** Set Aside More */
            set_aside_more: number;
            calls: components["schemas"]["CallsAnswer"];
            /** Tasks */
            tasks: components["schemas"]["TaskAnswer"][];
            /** Notes */
            notes: string[];
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
         * @description What a step did so far. A file's `place` is relative to the project.
         */
        RunStepAnswer: {
            /** Name */
            name: string;
            /** Kind */
            kind: string;
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
            /** Set Aside File */
            set_aside_file: string | null;
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
         * @description Ask for a run; `fresh` starts anew instead of carrying on one that stopped.
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
         * SetAsideRow
         * @description A row that was refused; `row` counts from 1 in the input of the step.
         */
        SetAsideRow: {
            /** Step */
            step: string;
            /** Row */
            row: string;
            /** Reason */
            reason: string;
        };
        /**
         * StepAnswer
         * @description One step. `takes` are the steps it takes rows from, `after` the writes it waits for.
         *
         *     `resource` is what it reads or writes. `settings` are its other keys as the file has them, as YAML text.
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
