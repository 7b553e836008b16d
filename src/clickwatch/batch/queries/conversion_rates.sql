-- Views and purchases per category, by category; their ratio is `domain.alert.conversion_rate`.
SELECT
    category,
    count(*) FILTER (WHERE event_type = 'view') AS view_count,
    count(*) FILTER (WHERE event_type = 'purchase') AS purchase_count
FROM events
GROUP BY category
ORDER BY category
