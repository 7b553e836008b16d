-- Price x quantity of all purchases that say both, per currency and never across; without a currency comes last.
-- The price is widened first, so that the product of the greatest two has room: 27 + 10 digits.
SELECT
    currency,
    sum(CAST(price AS DECIMAL(27, 4)) * CAST(quantity AS DECIMAL(10, 0))) AS revenue,
    count(*) AS purchase_count
FROM events
WHERE event_type = 'purchase' AND price IS NOT NULL
GROUP BY currency
ORDER BY CASE WHEN currency IS NULL THEN 1 ELSE 0 END, currency
