// Package webhook tells a web hook of an app's backend what users do:
//
//	engine, err := natsengine.Open(ctx, natsengine.Options{Webhook: &natsengine.WebhookOptions{Selection: webhook.DefaultSelection()}})
//	sender, err := webhook.NewSender(webhook.Config{URL: "https://backend.example.org/rtm", Secrets: secrets, Queue: engine.WebhookQueue()})
//	go sender.Run(ctx)
//
// Encode makes the JSON of an event. A Queue stores it until the hook has accepted it. The Sender
// posts events in batches, oldest first, one batch at a time. It posts a batch again until the hook
// answers with a status of 2xx: each event arrives at least once. The same event always has the same
// id. The Sender drops and counts events that are older than Config.MaxAge, and those that the hook
// does not want (status 410).
//
// It does not follow redirects. The URL may have a private address, because the operator chooses it.
package webhook
