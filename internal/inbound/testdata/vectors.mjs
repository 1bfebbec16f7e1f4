// Makes vectors.json: for each scheme a request as its provider would sign it,
// by Node's crypto. Run: node vectors.mjs > vectors.json
import crypto from 'node:crypto'

const at = 1795250000 // 2026-11-21T08:33:20Z
const url = 'https://hooks.patchbay.test/e/en1?x=%2Fa&y=1'
const body = '{"type":"order.paid","id":"evt_1","n":"\u00e9"}'
const text = 'a secret of the provider'
const mac = (key, signed, encoding = 'hex', alg = 'sha256') => crypto.createHmac(alg, key).update(signed).digest(encoding)
const std = crypto.createHash('sha256').update('std').digest()
const ed = crypto.createPrivateKey({ key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), std]), format: 'der', type: 'pkcs8' })
const edPublic = crypto.createPublicKey(ed).export({ format: 'der', type: 'spki' }).subarray(-32)
const ec = crypto.generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
const ecPublic = ec.publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
const json = { 'Content-Type': 'application/json' }
const v = (headers, more = {}) => ({ method: 'POST', url, headers: { ...json, ...headers }, body, secret: text, ...more })

const form = 'Digits=1234&To=%2B18005551212&From=%2B14158675309&Caller=%2B14158675309&CallSid=CA1234567890ABCDE'
const sum = crypto.createHash('sha256').update(body).digest('hex')
const summed = `https://hooks.patchbay.test/e/en1?bodySHA256=${sum}`
const linear = JSON.stringify({ type: 'Issue', webhookTimestamp: at * 1000 })
const mailgun = JSON.stringify({ signature: { timestamp: String(at), token: 'f00d', signature: mac(text, `${at}f00d`) }, 'event-data': { event: 'opened' } })

const out = {
  standard_webhooks: v({ 'webhook-id': 'msg_1', 'webhook-timestamp': `${at}`, 'webhook-signature': `v1,AAAA v1,${mac(std, `msg_1.${at}.${body}`, 'base64')}` }, { secret: 'whsec_' + std.toString('base64') }),
  'standard_webhooks v1a': v({ 'webhook-id': 'msg_1', 'webhook-timestamp': `${at}`, 'webhook-signature': `v1a,${crypto.sign(null, `msg_1.${at}.${body}`, ed).toString('base64')}` }, { secret: 'whpk_' + edPublic.toString('base64') }),
  svix: v({ 'svix-id': 'msg_1', 'svix-timestamp': `${at}`, 'svix-signature': `v1,${mac(std, `msg_1.${at}.${body}`, 'base64')}` }, { secret: 'whsec_' + std.toString('base64') }),
  stripe: v({ 'Stripe-Signature': `t=${at},v1=${mac('old', `${at}.${body}`)},v1=${mac('whsec_abc', `${at}.${body}`)},v0=00` }, { secret: 'whsec_abc' }),
  github: v({ 'X-Hub-Signature-256': 'sha256=' + mac(text, body) }),
  gitlab: v({ 'X-Gitlab-Token': text }),
  bitbucket: v({ 'X-Hub-Signature': 'sha256=' + mac(text, body) }),
  slack: v({ 'X-Slack-Signature': 'v0=' + mac(text, `v0:${at}:${body}`), 'X-Slack-Request-Timestamp': `${at}` }),
  shopify: v({ 'X-Shopify-Hmac-Sha256': mac(text, body, 'base64') }),
  twilio: v({ 'Content-Type': 'application/x-www-form-urlencoded', 'X-Twilio-Signature': mac(text, 'https://hooks.patchbay.test/e/en1CallSidCA1234567890ABCDECaller+14158675309Digits1234From+14158675309To+18005551212', 'base64', 'sha1') }, { body: form, url: 'https://hooks.patchbay.test/e/en1' }),
  'twilio json': v({ 'X-Twilio-Signature': mac(text, summed, 'base64', 'sha1') }, { url: summed }),
  'twilio port': v({ 'X-Twilio-Signature': mac(text, summed.replace('.test', '.test:443'), 'base64', 'sha1') }, { url: summed }),
  hubspot: v({ 'X-HubSpot-Signature-v3': mac(text, `POSThttps://hooks.patchbay.test/e/en1?x=/a&y=1${body}${at}000`, 'base64'), 'X-HubSpot-Request-Timestamp': `${at}000` }),
  zoom: v({ 'x-zm-signature': 'v0=' + mac(text, `v0:${at}:${body}`), 'x-zm-request-timestamp': `${at}` }),
  linear: v({ 'Linear-Signature': mac(text, linear) }, { body: linear }),
  notion: v({ 'X-Notion-Signature': 'sha256=' + mac(text, body) }),
  paddle: v({ 'Paddle-Signature': `ts=${at};h1=${mac(text, `${at}:${body}`)}` }),
  sendgrid: v({ 'X-Twilio-Email-Event-Webhook-Signature': crypto.sign('sha256', Buffer.from(at + body), ec.privateKey).toString('base64'), 'X-Twilio-Email-Event-Webhook-Timestamp': `${at}` }, { secret: ecPublic }),
  discord: v({ 'X-Signature-Ed25519': crypto.sign(null, Buffer.from(at + body), ed).toString('hex'), 'X-Signature-Timestamp': `${at}` }, { secret: edPublic.toString('hex') }),
  meta: v({ 'X-Hub-Signature-256': 'sha256=' + mac(text, body) }),
  square: v({ 'x-square-hmacsha256-signature': mac(text, url + body, 'base64') }),
  zendesk: v({ 'X-Zendesk-Webhook-Signature': mac(text, `2026-11-21T08:33:20Z${body}`, 'base64'), 'X-Zendesk-Webhook-Signature-Timestamp': '2026-11-21T08:33:20Z' }),
  typeform: v({ 'Typeform-Signature': 'sha256=' + mac(text, body, 'base64') }),
  calendly: v({ 'Calendly-Webhook-Signature': `t=${at},v1=${mac(text, `${at}.${body}`)}` }),
  intercom: v({ 'X-Hub-Signature': 'sha1=' + mac(text, body, 'hex', 'sha1') }),
  dropbox: v({ 'X-Dropbox-Signature': mac(text, body) }),
  mailgun: v({}, { body: mailgun }),
  airtable: v({ 'X-Airtable-Content-MAC': 'hmac-sha256=' + mac(std, body) }, { secret: std.toString('base64') }),
  asana: v({ 'X-Hook-Signature': mac(text, body) }),
  webflow: v({ 'x-webflow-signature': mac(text, `${at}000:${body}`), 'x-webflow-timestamp': `${at}000` }),
  elevenlabs: v({ 'ElevenLabs-Signature': `t=${at},v0=${mac(text, `${at}.${body}`)}` }),
  vercel: v({ 'x-vercel-signature': mac(text, body, 'hex', 'sha1') }),
  woocommerce: v({ 'X-WC-Webhook-Signature': mac(text, body, 'base64') }),
  clickup: v({ 'X-Signature': mac(text, body) }),
  jira: v({ 'X-Hub-Signature': 'sha256=' + mac(text, body) }),
  quickbooks: v({ 'intuit-signature': mac(text, body, 'base64') }),
  xero: v({ 'x-xero-signature': mac(text, body, 'base64') }),
  patchbay: v({ 'X-Pd-Signature': `t=${at},v1=${mac(text, `${at}.${body}`)}` }),
}
console.log(JSON.stringify({ at, vectors: out }, null, 1))
