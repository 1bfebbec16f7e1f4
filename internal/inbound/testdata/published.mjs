// Makes published.json: requests as PayPal and Plaid would sign them, by Node's
// crypto and checksum. Run: node published.mjs > published.json
import crypto from 'node:crypto'
import zlib from 'node:zlib'

const at = 1795250000 // 2026-11-21T08:33:20Z
const body = '{"id":"WH-1","event_type":"PAYMENT.CAPTURE.COMPLETED","n":"\u00e9"}'
const rsa = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 })
const id = '69cd13f0-d67a-11e5-baa3-778b53f4ae55'
const time = '2026-11-21T08:33:20Z'
const webhook = '1JE4291016473214C'
const text = [id, time, webhook, zlib.crc32(Buffer.from(body))].join('|')

const ec = crypto.generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
const kid = 'bfbd5111-8e33-4643-8ced-b2e642a72f3c'
const part = (v) => Buffer.from(JSON.stringify(v)).toString('base64url')
const jwt = (header, claims) => {
  const signed = `${part(header)}.${part(claims)}`
  return `${signed}.${crypto.sign('sha256', Buffer.from(signed), { key: ec.privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}
const sum = crypto.createHash('sha256').update(body).digest('hex')
const { x, y } = ec.publicKey.export({ format: 'jwk' })

console.log(JSON.stringify({
  at, body,
  paypal: {
    public: rsa.publicKey.export({ format: 'der', type: 'spki' }).toString('base64'), webhook,
    headers: {
      'Paypal-Transmission-Id': id, 'Paypal-Transmission-Time': time, 'Paypal-Auth-Algo': 'SHA256withRSA',
      'Paypal-Transmission-Sig': crypto.sign('sha256', Buffer.from(text), rsa.privateKey).toString('base64'),
      'Paypal-Cert-Url': 'https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-a5cafa77',
    },
  },
  plaid: {
    key: { alg: 'ES256', crv: 'P-256', kid, kty: 'EC', use: 'sig', x, y, created_at: at - 86400, expired_at: null },
    jwt: jwt({ alg: 'ES256', kid, typ: 'JWT' }, { iat: at, request_body_sha256: sum }),
  },
}, null, 2))
