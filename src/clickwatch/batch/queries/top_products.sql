-- The five most viewed products; of equal ones the least product id comes first.
-- A product's category is that of its newest event that has one, of several at that time the greatest.
WITH counted AS (
    SELECT
        product_id,
        category,
        count(*) FILTER (WHERE event_type = 'view') AS view_count,
        max(event_time) AS last_seen
    FROM events
    GROUP BY product_id, category
),
placed AS (
    SELECT
        product_id,
        category,
        view_count,
        row_number() OVER (
            PARTITION BY product_id
            ORDER BY CASE WHEN category = 'unknown' THEN 1 ELSE 0 END, last_seen DESC, category DESC
        ) AS place
    FROM counted
),
products AS (
    SELECT
        product_id,
        max(CASE WHEN place = 1 THEN category END) AS category,
        sum(view_count) AS view_count
    FROM placed
    GROUP BY product_id
),
ranked AS (
    SELECT
        row_number() OVER (ORDER BY view_count DESC, product_id) AS rank,
        product_id,
        category,
        view_count
    FROM products
    WHERE view_count > 0
)
SELECT rank, product_id, category, view_count
FROM ranked
WHERE rank <= 5
ORDER BY rank
