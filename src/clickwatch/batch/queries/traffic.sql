-- Events of each kind in each hour that has any; by hour.
SELECT
    date_trunc('hour', event_time) AS hour_start,
    count(*) FILTER (WHERE event_type = 'view') AS view_count,
    count(*) FILTER (WHERE event_type = 'add_to_cart') AS cart_count,
    count(*) FILTER (WHERE event_type = 'purchase') AS purchase_count
FROM events
GROUP BY date_trunc('hour', event_time)
ORDER BY date_trunc('hour', event_time)
