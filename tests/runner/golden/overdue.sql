WITH "invoices" AS (
  SELECT
    *
  FROM "t invoices"
), "customers" AS (
  SELECT
    *
  FROM "t customers"
), "late" AS (
  SELECT
    *
  FROM "invoices"
  WHERE
    "DueDate" < CAST('2026-03-01' AS DATE)
    AND "Balance" > CAST('0.00' AS DECIMAL(2, 2))
), "aged" AS (
  SELECT
    *,
    "days" / 7 AS "weeks"
  FROM (
    SELECT
      *,
      DATE_DIFF('DAY', "DueDate", CAST('2026-03-01' AS DATE)) AS "days",
      "late"."CustomerRef"."value" AS "customer"
    FROM "late"
  ) AS "_so_far"
), "joined" AS (
  SELECT
    "aged".*,
    "customers"."Id" AS "Id_customers",
    "customers"."Name"
  FROM "aged"
  LEFT JOIN "customers"
    ON "aged"."customer" = "customers"."Id"
), "totals" AS (
  SELECT
    "joined"."Name" AS "Name",
    SUM("Balance") AS "overdue",
    COUNT(*) AS "invoices",
    MAX("days") AS "oldest"
  FROM "joined"
  GROUP BY
    "joined"."Name"
), "ranked" AS (
  SELECT
    *
  FROM "totals"
  ORDER BY
    "overdue" DESC,
    "Name"
)
SELECT
  *
FROM "ranked"
