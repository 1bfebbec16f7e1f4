package account

// Steps calls at at each point of an attempt at which a process may die.
func (s *Service) Steps(at func(point string)) {
	s.engine().step = func(p step) { at(string(p)) }
}

// Hear makes the service remember accounts without a Redis.
func (s *Service) Hear() { s.engine().cache.live.Store(true) }
