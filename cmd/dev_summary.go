package cmd

import (
	"fmt"
	"net"
	"strconv"
)

// devSummary is what somebody who has just started `app dev` wants to know; data is where the database is.
func devSummary(s Settings, data string) string {
	api := "http://" + net.JoinHostPort(s.Host, strconv.Itoa(s.APIPort))
	ops := "http://" + net.JoinHostPort(s.Host, strconv.Itoa(s.OpsPort))

	messages := "RabbitMQ at AMQP_URL"
	if s.AMQPURL == inMemory {
		messages = "in memory: retries and dead letters end with this process (set AMQP_URL for RabbitMQ)"
	}
	return fmt.Sprintf(`
  API       %[1]s/api/v1/students
  docs      %[1]s/docs, %[1]s/redoc and %[1]s/asyncapi.json
  ops       %[2]s/readyz, %[2]s/metrics and %[2]s/debug/pprof/
  log-in    none: everybody may do everything
  messages  %[3]s
  data      %[5]s
  database  DATABASE_URL=%[4]s

  try       curl -i %[1]s/api/v1/students -H 'Content-Type: application/json' -d '{"name": "Katherine Johnson"}'
  stop      Ctrl-C

`, api, ops, messages, s.DatabaseURL, data)
}
