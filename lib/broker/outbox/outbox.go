// Package outbox publishes what models wrote into the table outbox in the transaction of a change: every row once
// its transaction is committed, those of one key in their order, and none is lost. After a failure one may be
// published twice, under the same message-id.
package outbox

// Channel is to be notified, by pg.DB's Notify, when rows were written.
const Channel = "outbox"
