package inbound

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/fault"
)

// ErrReused is returned for an idempotency key that another request used.
var ErrReused = fault.New(fault.Conflict, "idempotency_key_reused", "The idempotency key was used for another request.")

// idempotentFor is how long an idempotency key is remembered.
const idempotentFor = 24 * time.Hour

func hashed(kind, text string) string {
	sum := sha256.Sum256([]byte(text))
	return kind + hex.EncodeToString(sum[:])
}

// Unseen returns which of the ids were not seen at a source within the window,
// and remembers them from now on. Of two transactions with one id the second
// waits for the first.
func Unseen(tx *gorm.DB, sourceID string, ids []string, now time.Time, window time.Duration) (map[string]bool, error) {
	byKey := map[string]string{}
	for _, id := range ids {
		byKey[hashed("id ", id)] = id
	}
	keys := make([]string, 0, len(byKey))
	for k := range byKey {
		keys = append(keys, k)
	}
	slices.Sort(keys) // all take their locks in the same order
	list, err := json.Marshal(keys)
	if err != nil {
		return nil, fmt.Errorf("encode ids: %w", err)
	}
	var fresh []string
	err = tx.Raw(`INSERT INTO inbound_seen (source_id, key, expires_at)
		SELECT ?, k, ? FROM json_array_elements_text(?::json) WITH ORDINALITY AS e(k, n) ORDER BY n
		ON CONFLICT (source_id, key) DO UPDATE SET expires_at = EXCLUDED.expires_at WHERE inbound_seen.expires_at <= ?
		RETURNING key`, sourceID, now.Add(window), string(list), now).Scan(&fresh).Error
	if err != nil {
		return nil, fmt.Errorf("remember ids: %w", err)
	}
	out := map[string]bool{}
	for _, k := range fresh {
		out[byKey[k]] = true
	}
	return out, nil
}

// Begin takes an idempotency key for a request. It returns the answer to the
// first request with the key, or "" when this is the first; ErrReused when that
// was another one.
func Begin(tx *gorm.DB, sourceID, key string, r *Request, now time.Time) (answer string, err error) {
	print := hashed("", r.Method+" "+r.URL+"\n"+string(r.Body))
	res := tx.Exec(`INSERT INTO inbound_seen (source_id, key, fingerprint, expires_at) VALUES (@source, @key, @print, @until)
		ON CONFLICT (source_id, key) DO UPDATE SET expires_at = EXCLUDED.expires_at, fingerprint = EXCLUDED.fingerprint, answer = ''
		WHERE inbound_seen.expires_at <= @now`,
		map[string]any{"source": sourceID, "key": hashed("key ", key), "print": print, "until": now.Add(idempotentFor), "now": now})
	if res.Error != nil {
		return "", fmt.Errorf("take idempotency key: %w", res.Error)
	}
	if res.RowsAffected == 1 {
		return "", nil
	}
	var row struct{ Fingerprint, Answer string }
	err = tx.Raw("SELECT fingerprint, answer FROM inbound_seen WHERE source_id = ? AND key = ?", sourceID, hashed("key ", key)).Scan(&row).Error
	if err != nil {
		return "", fmt.Errorf("read idempotency key: %w", err)
	}
	if row.Fingerprint != print {
		return "", ErrReused
	}
	return row.Answer, nil
}

// End keeps the answer to a request whose key Begin took.
func End(tx *gorm.DB, sourceID, key, answer string) error {
	err := tx.Exec("UPDATE inbound_seen SET answer = ? WHERE source_id = ? AND key = ?", answer, sourceID, hashed("key ", key)).Error
	if err != nil {
		return fmt.Errorf("keep answer: %w", err)
	}
	return nil
}

// Forget lets an idempotency key that Begin took be used again.
func Forget(tx *gorm.DB, sourceID, key string) error {
	if err := tx.Exec("DELETE FROM inbound_seen WHERE source_id = ? AND key = ?", sourceID, hashed("key ", key)).Error; err != nil {
		return fmt.Errorf("forget idempotency key: %w", err)
	}
	return nil
}
