-- The totals of each product in each hour, as the speed layer keeps them too; by hour, then product.
-- A product's category in an hour is that of its newest event there that has one, of several at that time the greatest.
WITH counted AS (
    SELECT
        date_trunc('hour', event_time) AS hour_start,
        product_id,
        category,
        count(*) FILTER (WHERE event_type = 'view') AS view_count,
        count(*) FILTER (WHERE event_type = 'add_to_cart') AS cart_count,
        count(*) FILTER (WHERE event_type = 'purchase') AS purchase_count,
        count(*) AS event_count,
        max(event_time) AS last_seen
    FROM events
    GROUP BY date_trunc('hour', event_time), product_id, category
),
placed AS (
    SELECT
        hour_start,
        product_id,
        category,
        view_count,
        cart_count,
        purchase_count,
        event_count,
        row_number() OVER (
            PARTITION BY hour_start, product_id
            ORDER BY CASE WHEN category = 'unknown' THEN 1 ELSE 0 END, last_seen DESC, category DESC
        ) AS place
    FROM counted
)
SELECT
    hour_start,
    product_id,
    max(CASE WHEN place = 1 THEN category END) AS category,
    sum(view_count) AS view_count,
    sum(cart_count) AS cart_count,
    sum(purchase_count) AS purchase_count,
    sum(event_count) AS event_count
FROM placed
GROUP BY hour_start, product_id
ORDER BY hour_start, product_id
