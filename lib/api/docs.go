package api

func (s *server) serveDocs() {}
