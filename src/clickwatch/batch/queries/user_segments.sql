-- What each user came for: one row per user, by user key.
SELECT
    user_key,
    CASE
        WHEN count(*) FILTER (WHERE event_type = 'purchase') > 0 THEN 'Buyer'
        WHEN count(*) FILTER (WHERE event_type = 'add_to_cart') > 0 THEN 'Cart Abandoner'
        ELSE 'Window Shopper'
    END AS segment,
    count(*) FILTER (WHERE event_type = 'view') AS view_count,
    count(*) FILTER (WHERE event_type = 'add_to_cart') AS cart_count,
    count(*) FILTER (WHERE event_type = 'purchase') AS purchase_count
FROM events
GROUP BY user_key
ORDER BY user_key
