// jsforce's ordinary operations, against the simulator. The library believes
// that it talks to Salesforce's own hosts; where they are, and what they may be
// asked beside, stands in the environment.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

// Where jsforce is installed, which is not beside this file.
const require = createRequire(path.join(process.env.NODE_MODULES, 'jsforce'));
const jsforce = require('jsforce');

const { SF_USERNAME, SF_PASSWORD, SF_TOKEN, SF_MY_DOMAIN } = process.env;
const httpProxy = process.env.HTTPS_PROXY;
const oauth2 = {
  clientId: process.env.SF_CLIENT_ID,
  clientSecret: process.env.SF_CLIENT_SECRET,
};
const secret = SF_PASSWORD + SF_TOKEN;

/** Asks the simulator itself, past the API. */
async function admin(at, body = {}) {
  const answer = await fetch(process.env.SIMULATOR_ADMIN + at, { method: 'POST', body: JSON.stringify(body) });
  assert.ok(answer.ok, await answer.text());
}

async function connect(config = {}) {
  const conn = new jsforce.Connection({ httpProxy, logLevel: 'FATAL', ...config });
  await conn.login(SF_USERNAME, secret);
  return conn;
}

const refused = (promise, errorCode) => assert.rejects(promise, { errorCode });

describe('logins', () => {
  test('SOAP', async () => {
    const conn = await connect();
    assert.equal(conn.instanceUrl, `https://${SF_MY_DOMAIN}`);
    assert.match(conn.userInfo.id, /^005.{15}$/);
    assert.match(conn.userInfo.organizationId, /^00D.{15}$/);
    const me = await conn.identity();
    assert.equal(me.username, SF_USERNAME);
    assert.equal(me.user_id, conn.userInfo.id);
    assert.equal(me.urls.custom_domain, `https://${SF_MY_DOMAIN}`);
    await conn.logout();
    assert.equal(conn.accessToken, null);
  });

  test('SOAP, refused', async () => {
    const conn = new jsforce.Connection({ httpProxy, logLevel: 'FATAL' });
    await assert.rejects(conn.login(SF_USERNAME, 'wrong'), { message: /^INVALID_LOGIN: Invalid username/ });
    const newer = new jsforce.Connection({ httpProxy, logLevel: 'FATAL', version: '65.0' });
    await assert.rejects(newer.login(SF_USERNAME, secret), { message: /^INVALID_OPERATION: / });
  });

  test('OAuth password', async () => {
    const conn = await connect({ oauth2 });
    assert.equal((await conn.identity()).user_id, conn.userInfo.id);
    const token = conn.accessToken;
    await conn.logout();
    const later = new jsforce.Connection({ httpProxy, logLevel: 'FATAL', instanceUrl: `https://${SF_MY_DOMAIN}`, accessToken: token });
    await refused(later.limits(), 'INVALID_SESSION_ID');
    const stranger = new jsforce.Connection({ httpProxy, logLevel: 'FATAL', oauth2 });
    await assert.rejects(stranger.login(SF_USERNAME, 'wrong'), { name: 'invalid_grant' });
  });

  test('OAuth client credentials', async () => {
    const loginUrl = `https://${SF_MY_DOMAIN}`;
    const conn = new jsforce.Connection({ httpProxy, logLevel: 'FATAL', loginUrl, oauth2 });
    await conn.authorize({ grant_type: 'client_credentials' });
    assert.equal((await conn.query('SELECT COUNT() FROM Organization')).totalSize, 1);
    const elsewhere = new jsforce.Connection({ httpProxy, logLevel: 'FATAL', oauth2 });
    await assert.rejects(elsewhere.authorize({ grant_type: 'client_credentials' }), {
      name: 'invalid_grant',
      message: 'request not supported on this domain',
    });
  });

  test('an expired session is renewed', async () => {
    const conn = await connect();
    const before = conn.accessToken;
    await admin('/expire');
    assert.ok((await conn.limits()).DailyApiRequests);
    assert.notEqual(conn.accessToken, before);
  });

  test('an expired session that cannot be renewed', async () => {
    const { accessToken, instanceUrl } = await connect();
    const conn = new jsforce.Connection({ httpProxy, logLevel: 'FATAL', accessToken, instanceUrl });
    await admin('/expire');
    await refused(conn.sobject('Account').describe(), 'INVALID_SESSION_ID');
  });

  test('an expired password', async () => {
    const conn = new jsforce.Connection({ httpProxy, logLevel: 'FATAL' });
    await assert.rejects(conn.login(process.env.SF_EXPIRED, secret), { message: /password has expired/ });
  });
});

describe('records', () => {
  let conn;
  before(async () => {
    conn = await connect({ version: '64.0' });
  });
  after(() => conn.logout());

  test('a record\'s life', async () => {
    const accounts = conn.sobject('Account');
    const made = await accounts.create({ Name: 'Node & Söhne', Phone: '+49 30 7654321' });
    assert.deepEqual({ ...made, id: '' }, { id: '', success: true, errors: [] });
    const read = await accounts.retrieve(made.id);
    assert.equal(read.Name, 'Node & Söhne');
    assert.equal(read.attributes.url, `/services/data/v64.0/sobjects/Account/${made.id}`);
    assert.deepEqual(await accounts.update({ Id: made.id, Phone: null }), { id: made.id, success: true, errors: [] });
    const start = new Date(Date.now() - 3600e3);
    const end = new Date(Date.now() + 3600e3);
    assert.ok((await accounts.updated(start, end)).ids.includes(made.id));
    assert.deepEqual(await accounts.destroy(made.id), { id: made.id, success: true, errors: [] });
    const { deletedRecords } = await accounts.deleted(start, end);
    assert.ok(deletedRecords.some(({ id }) => id === made.id));
    await refused(accounts.retrieve(made.id), 'ENTITY_IS_DELETED');
  });

  test('many at once', async () => {
    const cases = conn.sobject('Case');
    const made = await cases.create([{ Subject: 'one' }, { Subject: 'x'.repeat(256) }, { Subject: 'two' }]);
    assert.deepEqual(made.map(({ success }) => success), [true, false, true]);
    assert.equal(made[1].errors[0].statusCode, 'STRING_TOO_LONG');
    assert.deepEqual(made[1].errors[0].fields, ['Subject']);
    const ids = [made[0].id, made[2].id];
    const changed = await cases.update(ids.map((Id) => ({ Id, Status: 'Closed' })));
    assert.ok(changed.every(({ success }) => success));
    const read = await cases.retrieve(ids);
    assert.deepEqual(read.map(({ IsClosed }) => IsClosed), [true, true]);
    const all = await cases.create([{ Subject: 'good' }, { Colour: 'red' }], { allOrNone: true });
    assert.equal(all[0].errors[0].statusCode, 'ALL_OR_NONE_OPERATION_ROLLED_BACK');
    const many = Array.from({ length: 201 }, (_, n) => ({ Subject: `many ${n}` }));
    await refused(cases.create(many), 'EXCEEDED_ID_LIMIT');
    assert.equal((await cases.create(many, { allowRecursive: true })).length, 201);
    const gone = await cases.destroy([...ids, '500000000000001AAA']);
    assert.deepEqual(gone.map(({ success }) => success), [true, true, false]);
  });

  test('upsert', async () => {
    const cases = conn.sobject('Case');
    const record = (Subject) => ({ Reference__c: 'node/1', Subject });
    const first = await conn.sobject('Case').upsert({ Reference__c: 'node-1', Subject: 'a' }, 'Reference__c');
    assert.equal(first.created, true);
    const second = await cases.upsert({ Reference__c: 'node-1', Subject: 'b' }, 'Reference__c');
    assert.deepEqual([second.id, second.created], [first.id, false]);
    const rows = await cases.upsert([record('c'), { Reference__c: 'node-1', Subject: 'd' }], 'Reference__c');
    assert.deepEqual(rows.map(({ created }) => created), [true, false]);
    await cases.create([{ Loose__c: 'node' }, { Loose__c: 'node' }]);
    await refused(cases.upsert({ Loose__c: 'node', Subject: 'e' }, 'Loose__c'), 'MULTIPLE_CHOICES');
  });

  test('refusals', async () => {
    await refused(conn.sobject('Account').create({ Phone: '1' }), 'REQUIRED_FIELD_MISSING');
    await refused(conn.sobject('Case').create({ Colour: 'red' }), 'INVALID_FIELD');
    await refused(conn.sobject('Nonsense__c').describe(), 'NOT_FOUND');
    await refused(conn.sobject('Case').retrieve('500000000000001AAA'), 'NOT_FOUND');
    await refused(conn.query('SELECT FROM'), 'MALFORMED_QUERY');
    await refused(conn.query('SELECT Colour FROM Case'), 'INVALID_FIELD');
    await refused(conn.search('FIND 1'), 'MALFORMED_SEARCH');
    await admin('/faults', { on: 'get Contact', times: 1, action: { do: 'error', code: 'REQUEST_LIMIT_EXCEEDED' } });
    await refused(conn.sobject('Contact').retrieve('003000000000001AAA'), 'REQUEST_LIMIT_EXCEEDED');
  });

  test('descriptions', async () => {
    const { sobjects } = await conn.describeGlobal();
    assert.ok(sobjects.some(({ name }) => name === 'Account'));
    const { fields, keyPrefix } = await conn.describe('Case');
    assert.equal(keyPrefix, '500');
    assert.deepEqual(fields.find(({ name }) => name === 'AccountId').referenceTo, ['Account']);
    assert.deepEqual((await conn.sobject('Case').recent()), []);
  });

  test('queries', async () => {
    const { id } = await conn.sobject('Account').create({ Name: "Quoted ' % Node" });
    await conn.sobject('Case').create({ Subject: 'q', AccountId: id });
    const found = await conn
      .sobject('Case')
      .find({ 'Account.Name': "Quoted ' % Node", IsClosed: false }, 'Id, Subject, Account.Name')
      .sort({ CreatedDate: -1 })
      .limit(5);
    assert.deepEqual(found.map(({ Account }) => Account.Name), ["Quoted ' % Node"]);
    assert.equal(await conn.sobject('Account').count({ Id: id }), 1);
    const soql = "SELECT Id, Name FROM Account WHERE Name LIKE 'Page %'";
    const many = Number(process.env.SF_MANY);
    const page = await conn.query(soql);
    assert.deepEqual([page.totalSize, page.done, page.records.length], [many, false, 2000]);
    const rest = await conn.queryMore(page.nextRecordsUrl);
    assert.deepEqual([rest.done, rest.records.length], [true, many - 2000]);
    const all = await conn.query(soql, { autoFetch: true, maxFetch: 10_000 });
    assert.equal(all.records.length, many);
  });

  test('searches', async () => {
    const { id } = await conn.sobject('Contact').create({ LastName: 'Nodenskaja', HomePhone: '089 5550043' });
    const found = await conn.search('FIND {0895550043} IN PHONE FIELDS RETURNING Account(Id), Contact(Id, HomePhone)');
    assert.deepEqual(found.searchRecords.map((r) => [r.Id, r.HomePhone]), [[id, '089 5550043']]);
  });

  test('composite', async () => {
    const at = (object) => `/services/data/v${conn.version}/sobjects/${object}`;
    const graph = {
      graphs: [{
        graphId: 'call',
        compositeRequest: [
          { method: 'POST', url: at('Account'), referenceId: 'account', body: { Name: 'Graph' } },
          { method: 'POST', url: at('Case'), referenceId: 'case', body: { Subject: 'g', AccountId: '@{account.id}' } },
        ],
      }],
    };
    const { graphs: [answer] } = await conn.requestPost('/composite/graph', graph);
    assert.equal(answer.isSuccessful, true);
    const [account, made] = answer.graphResponse.compositeResponse;
    assert.equal((await conn.sobject('Case').retrieve(made.body.id)).AccountId, account.body.id);
    const [version] = (await conn.request('/services/data')).slice(-1);
    assert.equal((await conn.request(version.url)).identity, conn.userInfo.url);
  });

  test('usage', async () => {
    const { DailyApiRequests } = await conn.limits();
    assert.equal(DailyApiRequests.Max, conn.limitInfo.apiUsage.limit);
    assert.equal(DailyApiRequests.Max - DailyApiRequests.Remaining, conn.limitInfo.apiUsage.used);
  });
});
