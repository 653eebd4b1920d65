package gateway

// Patterns are the addresses of a gateway, for tests that visit all of them.
func (s *Server) Patterns() (all []string) {
	for _, r := range s.routes() {
		all = append(all, r.pattern)
	}
	return all
}
