package webhook

import (
	"fmt"
	"time"

	"gorm.io/gorm"
)

// A rate is kept as a bucket of tokens in the endpoint's row, which a claim
// locks anyway: all workers see the same bucket, and none is lost with Redis.

// level returns how many tokens are in the bucket now.
func (e *Endpoint) level(now time.Time) float64 {
	if e.TokensAt == nil {
		return float64(e.Burst)
	}
	passed := max(0, now.Sub(*e.TokensAt).Seconds()) // another worker's clock may be ahead
	return min(float64(e.Burst), e.Tokens+passed*e.Rate)
}

// room returns how many deliveries a claim may take besides those under way:
// as many as have room at all, and as many as the rate allows.
func (e *Endpoint) room(now time.Time) (width, tokens int) {
	if e.Rate == 0 {
		return e.width(), e.width()
	}
	return e.width(), int(e.level(now))
}

// rest is how long to wait until it is worth while to claim again: for a full
// burst, but no longer than a second, and at least for one token.
func (e *Endpoint) rest(now time.Time) time.Duration {
	wait := func(tokens float64) time.Duration {
		return time.Duration(max(0, tokens-e.level(now)) / e.Rate * float64(time.Second))
	}
	return max(wait(1), min(wait(float64(e.Burst)), 100*time.Millisecond))
}

// spend takes tokens out of the bucket.
func spend(tx *gorm.DB, e *Endpoint, n int, now time.Time) error {
	left := e.level(now) - float64(n)
	if err := tx.Model(&Endpoint{}).Where("id = ?", e.ID).UpdateColumns(map[string]any{"tokens": left, "tokens_at": now}).Error; err != nil {
		return fmt.Errorf("spend tokens: %w", err)
	}
	e.Tokens, e.TokensAt = left, &now
	return nil
}
