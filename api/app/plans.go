package app

import (
	"time"

	"github.com/patchbay-dev/patchbay/internal/plan"
)

// Plans opens what plans are kept in, for a command that calls done at its end.
func Plans(c *Config) (s *plan.Service, done func(), err error) {
	database, err := c.database()
	if err != nil {
		return nil, nil, err
	}
	return &plan.Service{DB: database, Now: time.Now}, func() { _ = database.Close() }, nil
}
