/*
 * gsoap <bridge URL> <action> <api_key> [<auth_token>], with the stubs that wsdl2h -c and soapcpp2 -c -C -L make.
 * Prints what the reply decodes to, a line for each value: key=value, key=nil or fault=<faultcode> <faultstring>. The
 * keys of items have the list and their place in it in front: attributes.0.name.
 */
#include "boxnetBinding.nsmap"
#include "soapH.h"

#include <stdio.h>
#include <string.h>

/* In front of every key. */
static char place[64] = "";

static void show_text(const char *key, const char *value)
{
  printf("%s%s=%s\n", place, key, value ? value : "nil");
}

static void show_number(const char *key, LONG64 value)
{
  printf("%s%s=" SOAP_LONG_FORMAT "\n", place, key, value);
}

static void show_known(const char *key, const LONG64 *value)
{
  if (value)
    show_number(key, *value);
}

static void show_user(const struct ns1__SOAPUser *user)
{
  if (!user) {
    show_text("user", NULL);
    return;
  }
  show_text("login", user->login);
  show_text("email", user->email);
  show_number("access_id", user->access_USCOREid);
  show_number("user_id", user->user_USCOREid);
  show_number("space_amount", user->space_USCOREamount);
  show_number("space_used", user->space_USCOREused);
  show_number("max_upload_size", user->max_USCOREupload_USCOREsize);
}

static void show_attributes(const struct ns1__Attributes *attributes)
{
  size_t before = strlen(place);
  int i;

  for (i = 0; attributes && i < attributes->__sizeitem; i++) {
    snprintf(place + before, sizeof place - before, "attributes.%d.", i);
    show_text("name", attributes->item[i].name);
    show_text("value", attributes->item[i].value);
    place[before] = '\0';
  }
}

static void show_account(const struct ns1__Account *account)
{
  if (account->user_USCOREid)
    show_number("user_id", *account->user_USCOREid);
  show_text("native_id", account->native_USCOREid);
  show_text("login", account->login);
  show_text("name", account->name);
  show_text("email", account->email);
  show_text("pending_email", account->pending_USCOREemail);
  show_text("avatar_url", account->avatar_USCOREurl);
  show_text("language_code", account->language_USCOREcode);
  show_known("space_amount", account->space_USCOREamount);
  show_known("space_used", account->space_USCOREused);
  show_known("max_upload_size", account->max_USCOREupload_USCOREsize);
  show_text("plan_id", account->plan_USCOREid);
  show_attributes(account->attributes);
}

static int get_account_details(struct soap *soap, const char *endpoint, char *api_key, char *auth_token)
{
  struct ns1__get_USCOREaccount_USCOREdetailsResponse reply;

  if (soap_call_ns1__get_USCOREaccount_USCOREdetails(soap, endpoint, NULL, api_key, auth_token, NULL, &reply))
    return soap->error;
  show_text("status", reply.status);
  if (reply.account)
    show_account(reply.account);
  return SOAP_OK;
}

static int find_accounts(struct soap *soap, const char *endpoint, char *api_key, char *auth_token)
{
  struct ns1__find_USCOREaccountsResponse reply;
  int i;

  if (soap_call_ns1__find_USCOREaccounts(soap, endpoint, NULL, api_key, auth_token, NULL, &reply))
    return soap->error;
  show_text("status", reply.status);
  for (i = 0; reply.accounts && i < reply.accounts->__sizeitem; i++) {
    snprintf(place, sizeof place, "accounts.%d.", i);
    show_account(&reply.accounts->item[i]);
  }
  return SOAP_OK;
}

static int get_account_info(struct soap *soap, const char *endpoint, char *api_key, char *auth_token)
{
  struct ns1__get_USCOREaccount_USCOREinfoResponse reply;

  if (soap_call_ns1__get_USCOREaccount_USCOREinfo(soap, endpoint, NULL, api_key, auth_token, &reply))
    return soap->error;
  show_text("status", reply.status);
  show_user(reply.user);
  return SOAP_OK;
}

static int get_ticket(struct soap *soap, const char *endpoint, char *api_key)
{
  struct ns1__get_USCOREticketResponse reply;

  if (soap_call_ns1__get_USCOREticket(soap, endpoint, NULL, api_key, &reply))
    return soap->error;
  show_text("status", reply.status);
  show_text("ticket", reply.ticket);
  return SOAP_OK;
}

static int logout(struct soap *soap, const char *endpoint, char *api_key, char *auth_token)
{
  char *status;

  if (soap_call_ns1__logout(soap, endpoint, NULL, api_key, auth_token, &status))
    return soap->error;
  show_text("status", status);
  return SOAP_OK;
}

static int call(struct soap *soap, const char *endpoint, const char *action, char *api_key, char *auth_token)
{
  if (!strcmp(action, "get_ticket"))
    return get_ticket(soap, endpoint, api_key);
  if (!strcmp(action, "logout"))
    return logout(soap, endpoint, api_key, auth_token);
  if (!strcmp(action, "get_account_details"))
    return get_account_details(soap, endpoint, api_key, auth_token);
  if (!strcmp(action, "find_accounts"))
    return find_accounts(soap, endpoint, api_key, auth_token);
  return get_account_info(soap, endpoint, api_key, auth_token);
}

int main(int argc, char **argv)
{
  char endpoint[1024];
  char *auth_token = NULL;
  struct soap *soap = soap_new1(SOAP_C_UTFSTRING);

  if (argc < 4)
    return 2;
  snprintf(endpoint, sizeof endpoint, "%s/api/1.0/soap", argv[1]);
  /* Of what is at one place gSOAP writes the second as a reference to the first. */
  if (argc > 4)
    auth_token = strcmp(argv[3], argv[4]) ? argv[4] : argv[3];
  if (call(soap, endpoint, argv[2], argv[3], auth_token)) {
    soap_set_fault(soap);
    printf("fault=%s %s\n", *soap_faultcode(soap), *soap_faultstring(soap));
  }
  soap_destroy(soap);
  soap_end(soap);
  soap_free(soap);
  return 0;
}
