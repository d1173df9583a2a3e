WITH "customers" AS (
  SELECT
    *
  FROM "t customers"
), "first" AS (
  SELECT
    *
  FROM "customers"
  LIMIT 1
), "all" AS (
  SELECT
    *,
    'it''s' AS "t",
    CAST('9223372036854775807' AS BIGINT) AS "n",
    CAST('99999999999999.99' AS DECIMAL(16, 2)) AS "m",
    CAST('2026-02-28' AS DATE) AS "d",
    CAST(CAST('2026-02-28T21:00:00+00:00' AS TIMESTAMPTZ) AS TEXT) AS "a",
    TRUE AS "b"
  FROM "first"
), "kept" AS (
  SELECT
    "all"."t" AS "t",
    "all"."n" AS "n",
    "all"."m" AS "m",
    "all"."d" AS "d",
    "all"."a" AS "a",
    "all"."b" AS "b"
  FROM "all"
)
SELECT
  *
FROM "kept"
