"""simple-salesforce's ordinary operations, against the simulator.

The library believes that it talks to Salesforce's own hosts; where they are,
and what they may be asked beside, stands in the environment.
"""
import datetime
import json
import os
import unittest
import urllib.request
import warnings

from simple_salesforce import (
    Salesforce,
    SalesforceAuthenticationFailed,
    SalesforceExpiredSession,
    SalesforceLogin,
    SalesforceMalformedRequest,
    SalesforceMoreThanOneRecord,
    SalesforceRefusedRequest,
    SalesforceResourceNotFound,
    format_soql,
)

USERNAME = os.environ["SF_USERNAME"]
PASSWORD = os.environ["SF_PASSWORD"]
TOKEN = os.environ["SF_TOKEN"]
APP = {
    "consumer_key": os.environ["SF_CLIENT_ID"],
    "consumer_secret": os.environ["SF_CLIENT_SECRET"],
}
MY_DOMAIN = os.environ["SF_MY_DOMAIN"].removesuffix(".salesforce.com")
REFERENCE = "Reference__c"


def admin(path, **body):
    """Asks the simulator itself, past the API."""
    request = urllib.request.Request(os.environ["SIMULATOR_ADMIN"] + path, json.dumps(body).encode())
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request).read()


def connect(**more):
    return Salesforce(username=USERNAME, password=PASSWORD, security_token=TOKEN, **more)


class Logins(unittest.TestCase):
    def refused(self, **how):
        with self.assertRaises(SalesforceAuthenticationFailed) as caught:
            Salesforce(**how)
        return caught.exception.code

    def test_soap(self):
        session, instance = SalesforceLogin(username=USERNAME, password=PASSWORD, security_token=TOKEN)
        self.assertTrue(session.startswith("00D"))
        self.assertEqual(instance, os.environ["SF_MY_DOMAIN"])

    def test_soap_without_a_token_but_with_the_org(self):
        how = {"username": USERNAME, "password": PASSWORD + TOKEN}
        Salesforce(organizationId=connect().query("SELECT Id FROM Organization")["records"][0]["Id"], **how)

    def test_soap_refused(self):
        wrong = {"username": USERNAME, "password": "wrong", "security_token": TOKEN}
        self.assertEqual(self.refused(**wrong), "INVALID_LOGIN")
        no_token = {"username": USERNAME, "password": PASSWORD, "security_token": ""}
        self.assertEqual(self.refused(**no_token), "LOGIN_MUST_USE_SECURITY_TOKEN")
        newer = {"username": USERNAME, "password": PASSWORD, "security_token": TOKEN, "version": "65.0"}
        self.assertEqual(self.refused(**newer), "INVALID_OPERATION")

    def test_oauth_password(self):
        client = Salesforce(username=USERNAME, password=PASSWORD + TOKEN, **APP)
        self.assertIn("DailyApiRequests", client.limits())
        wrong = {"username": USERNAME, "password": "wrong", **APP}
        self.assertEqual(self.refused(**wrong), "invalid_grant")

    def test_client_credentials(self):
        client = Salesforce(domain=MY_DOMAIN, **APP)
        self.assertEqual(client.oauth2("userinfo")["preferred_username"], USERNAME)
        wrong = {"domain": MY_DOMAIN, **APP, "consumer_secret": "wrong"}
        self.assertEqual(self.refused(**wrong), "invalid_client")

    def test_jwt_bearer(self):
        key = {"consumer_key": APP["consumer_key"], "privatekey_file": os.environ["SF_KEY_FILE"]}
        client = Salesforce(username=USERNAME, **key)
        self.assertIn("DailyApiRequests", client.limits())
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            self.assertEqual(self.refused(username=os.environ["SF_STRANGER"], **key), "invalid_grant")
        # The library recognises this refusal by its words.
        self.assertIn("authorize this", str(told[0].message))

    def test_expired_sessions_are_renewed(self):
        client = connect()
        before = client.session_id
        admin("/expire")
        self.assertIn("DailyApiRequests", client.limits())
        self.assertNotEqual(client.session_id, before)

    def test_expired_sessions_without_a_password(self):
        session, instance = SalesforceLogin(username=USERNAME, password=PASSWORD, security_token=TOKEN)
        client = Salesforce(session_id=session, instance=instance)
        admin("/expire")
        with self.assertRaises(SalesforceExpiredSession) as caught:
            client.Account.describe()
        self.assertEqual(caught.exception.content[0]["errorCode"], "INVALID_SESSION_ID")


class Records(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.client = connect()

    def test_a_record_s_life(self):
        accounts = self.client.Account
        made = accounts.create({"Name": "Python & Söhne", "Phone": "+49 30 1234567"})
        self.assertEqual((made["success"], made["errors"]), (True, []))
        record = accounts.get(made["id"])
        self.assertEqual(record["attributes"]["type"], "Account")
        self.assertEqual((record["Name"], record["Website"]), ("Python & Söhne", None))
        start = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1)
        end = start + datetime.timedelta(hours=2)
        self.assertIn(made["id"], accounts.updated(start, end)["ids"])
        self.assertEqual(accounts.update(made["id"], {"Phone": None}), 204)
        self.assertIsNone(accounts.get(made["id"])["Phone"])
        self.assertEqual(accounts.delete(made["id"]), 204)
        deleted = accounts.deleted(start, end)["deletedRecords"]
        self.assertIn(made["id"], [record["id"] for record in deleted])
        with self.assertRaises(SalesforceResourceNotFound) as caught:
            accounts.get(made["id"])
        self.assertEqual(caught.exception.content[0]["errorCode"], "ENTITY_IS_DELETED")

    def test_upsert(self):
        cases = self.client.Case
        path = f"{REFERENCE}/python-1"
        self.assertEqual(cases.upsert(path, {"Subject": "a"}), 201)
        again = cases.upsert(path, {"Subject": "b"}, raw_response=True)
        self.assertEqual((again.status_code, again.json()["created"]), (200, False))
        self.assertEqual(cases.get_by_custom_id(REFERENCE, "python-1")["Subject"], "b")
        for _ in range(2):
            cases.create({"Loose__c": "python"})
        with self.assertRaises(SalesforceMoreThanOneRecord) as caught:
            cases.upsert("Loose__c/python", {"Subject": "c"})
        self.assertEqual(len(caught.exception.content), 2)

    def test_refusals(self):
        def refused(error, call, *arguments):
            with self.assertRaises(error) as caught:
                call(*arguments)
            return caught.exception.content[0]

        bad = SalesforceMalformedRequest
        told = refused(bad, self.client.Account.create, {"Phone": "1"})
        self.assertEqual((told["errorCode"], told["fields"]), ("REQUIRED_FIELD_MISSING", ["Name"]))
        told = refused(bad, self.client.Case.create, {"Subject": "x" * 256})
        self.assertEqual((told["errorCode"], told["fields"]), ("STRING_TOO_LONG", ["Subject"]))
        told = refused(bad, self.client.Case.create, {"Colour": "red"})
        self.assertEqual(told["errorCode"], "INVALID_FIELD")
        told = refused(bad, self.client.query, "SELECT FROM")
        self.assertEqual(told["errorCode"], "MALFORMED_QUERY")
        told = refused(bad, self.client.search, "FIND 1")
        self.assertEqual(told["errorCode"], "MALFORMED_SEARCH")
        missing = SalesforceResourceNotFound
        told = refused(missing, self.client.Case.get, "500000000000001AAA")
        self.assertEqual(told["errorCode"], "NOT_FOUND")
        told = refused(missing, self.client.Nonsense__c.describe)
        self.assertEqual(told["errorCode"], "NOT_FOUND")
        admin("/faults", on="get Contact", times=1, action={"do": "error", "code": "REQUEST_LIMIT_EXCEEDED"})
        told = refused(SalesforceRefusedRequest, self.client.Contact.get, "003000000000001AAA")
        self.assertEqual(told["errorCode"], "REQUEST_LIMIT_EXCEEDED")

    def test_descriptions(self):
        names = [item["name"] for item in self.client.describe()["sobjects"]]
        self.assertIn("Account", names)
        self.assertEqual(self.client.Case.metadata()["objectDescribe"]["keyPrefix"], "500")
        fields = {field["name"]: field for field in self.client.Case.describe()["fields"]}
        self.assertEqual(fields["SuppliedPhone"]["updateable"], False)
        self.assertEqual(fields["Status"]["picklistValues"][0]["value"], "New")
        self.assertIs(self.client.is_sandbox(), False)

    def test_queries(self):
        account = self.client.Account.create({"Name": "Quoted ' % \\ Python"})["id"]
        self.client.Case.create({"Subject": "q", "AccountId": account})
        soql = format_soql("SELECT Id, Account.Name FROM Case WHERE Account.Name = {}", "Quoted ' % \\ Python")
        found = self.client.query(soql)
        self.assertEqual((found["totalSize"], found["done"]), (1, True))
        self.assertEqual(found["records"][0]["Account"]["Name"], "Quoted ' % \\ Python")
        like = format_soql("SELECT Id FROM Account WHERE Name LIKE '%{:like}%'", "' % \\ P")
        self.assertEqual(self.client.query(like)["totalSize"], 1)
        self.client.Account.delete(self.client.Account.create({"Name": "Gone Python"})["id"])
        gone = "SELECT Id FROM Account WHERE Name = 'Gone Python'"
        self.assertEqual(self.client.query(gone)["totalSize"], 0)
        self.assertEqual(self.client.query(gone, include_deleted=True)["totalSize"], 1)

    def test_pages(self):
        soql = "SELECT Id, Name FROM Account WHERE Name LIKE 'Page %' ORDER BY Name"
        many = int(os.environ["SF_MANY"])
        page = self.client.query(soql)
        self.assertEqual((page["totalSize"], page["done"], len(page["records"])), (many, False, 2000))
        locator = page["nextRecordsUrl"].rsplit("/", 1)[1]
        self.assertEqual(len(self.client.query_more(locator)["records"]), many - 2000)
        self.assertEqual(self.client.query_all(soql)["totalSize"], many)
        names = [record["Name"] for record in self.client.query_all_iter(soql)]
        self.assertEqual((len(names), names), (many, sorted(names)))

    def test_searches(self):
        contact = self.client.Contact.create({"LastName": "Pythonowa", "MobilePhone": "0171 5550042"})["id"]
        sosl = "FIND {01715550042} IN PHONE FIELDS RETURNING Contact(Id, LastName), Account(Id)"
        found = self.client.search(sosl)["searchRecords"]
        self.assertEqual([(r["Id"], r["attributes"]["type"]) for r in found], [(contact, "Contact")])
        found = self.client.quick_search("Pythonowa")["searchRecords"]
        self.assertEqual([r["Id"] for r in found], [contact])
        self.assertEqual(self.client.quick_search("Nobody")["searchRecords"], [])

    def test_composite(self):
        base = f"/services/data/v{self.client.sf_version}/sobjects"
        parts = [
            {"method": "POST", "url": f"{base}/Account", "referenceId": "account", "body": {"Name": "Composite"}},
            {"method": "POST", "url": f"{base}/Case", "referenceId": "case",
             "body": {"Subject": "c", "AccountId": "@{account.id}"}},
        ]
        body = json.dumps({"allOrNone": True, "compositeRequest": parts})
        answer = self.client.restful("composite", method="POST", data=body)["compositeResponse"]
        self.assertEqual([part["httpStatusCode"] for part in answer], [201, 201])
        self.assertEqual(self.client.Case.get(answer[1]["body"]["id"])["AccountId"], answer[0]["body"]["id"])
        rows = [{"attributes": {"type": "Account"}, "Name": "Row"}, {"attributes": {"type": "Account"}}]
        body = json.dumps({"allOrNone": False, "records": rows})
        good, bad = self.client.restful("composite/sobjects", method="POST", data=body)
        self.assertEqual((good["success"], bad["success"]), (True, False))
        self.assertEqual(bad["errors"][0]["statusCode"], "REQUIRED_FIELD_MISSING")

    def test_usage(self):
        self.client.limits()
        usage = self.client.api_usage["api-usage"]
        self.assertEqual(usage.total, 100000)
        self.assertGreater(usage.used, 0)
        session = connect()
        self.assertIsNone(session.oauth2("revoke", {"token": session.session_id}, method="POST"))
        self.assertIn("DailyApiRequests", session.limits())


if __name__ == "__main__":
    unittest.main(verbosity=2)
