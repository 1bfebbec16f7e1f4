package account

// Hear makes the service remember accounts without a Redis.
func (s *Service) Hear() { s.engine().cache.live.Store(true) }
