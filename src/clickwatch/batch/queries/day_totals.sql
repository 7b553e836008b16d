-- The day in one row: accepted events, how many of them were late, users, and events of each kind.
SELECT
    count(*) AS event_count,
    count(*) FILTER (WHERE is_late) AS late_count,
    count(DISTINCT user_key) AS user_count,
    count(*) FILTER (WHERE event_type = 'view') AS view_count,
    count(*) FILTER (WHERE event_type = 'add_to_cart') AS cart_count,
    count(*) FILTER (WHERE event_type = 'remove_from_cart') AS removal_count,
    count(*) FILTER (WHERE event_type = 'purchase') AS purchase_count
FROM events
