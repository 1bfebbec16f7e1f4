package local

import "testing"

// OnABareMachine hides the servers that are installed off PATH.
func OnABareMachine(t *testing.T) {
	pg, redis := pgPlaces, redisPlaces
	pgPlaces, redisPlaces = nil, redisPlaces[:2]
	t.Cleanup(func() { pgPlaces, redisPlaces = pg, redis })
}
