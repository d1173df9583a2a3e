WITH "invoices" AS (
  SELECT
    *
  FROM "t invoices"
), "customers" AS (
  SELECT
    *
  FROM "t customers"
), "big" AS (
  SELECT
    *
  FROM "invoices"
  WHERE
    "Balance" >= 10
), "small" AS (
  SELECT
    *
  FROM "invoices"
  WHERE
    "Balance" < 10
), "both" AS (
  SELECT
    *
  FROM "small"
  UNION ALL BY NAME
  SELECT
    *
  FROM "big"
), "ids" AS (
  SELECT
    "both"."Id" AS "Id",
    "both"."CustomerRef"."value" AS "customer"
  FROM "both"
), "known" AS (
  SELECT
    "ids".*
  FROM "ids"
  SEMI JOIN "customers"
    ON "ids"."customer" = "customers"."Id"
), "sorted" AS (
  SELECT
    *
  FROM "known"
  ORDER BY
    "Id"
)
SELECT
  *
FROM "sorted"
