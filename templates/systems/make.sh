{% import "systems/words.sh" as args -%}
{% block configure %}{% endblock %}
{% block build -%}
make{% call args::words(make) %}{% endcall %}
{% endblock %}
{% block install -%}
make install{% call args::words(install) %}{% endcall %}
{% endblock %}
