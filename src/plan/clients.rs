//! The clients of a cell: [`ClientPlan`] with its [`Role`], and how a report has the list.

use super::types::ProducerPlan;
use crate::model::Properties;
use serde::{Deserialize, Serialize};

/// One client of a cell: a worker process of its own, with a ledger of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClientPlan {
    /// Unique in the cell: `producer-0`.
    pub name: String,
    /// What it does, and how.
    pub role: Role,
}

/// What a client does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// It sends messages.
    Producer(ProducerPlan),
}

impl Role {
    /// Every librdkafka property that is set.
    pub(crate) fn config(&self) -> &Properties {
        match self {
            Role::Producer(plan) => &plan.config,
        }
    }

    /// A producer's plan, if it is one.
    pub fn producer(&self) -> Option<&ProducerPlan> {
        match self {
            Role::Producer(plan) => Some(plan),
        }
    }

    /// The same, to be changed.
    pub(crate) fn producer_mut(&mut self) -> Option<&mut ProducerPlan> {
        match self {
            Role::Producer(plan) => Some(plan),
        }
    }
}

/// The producers of a cell, named by their number.
pub(super) fn producers(plans: impl IntoIterator<Item = ProducerPlan>) -> Vec<ClientPlan> {
    let named = |(number, plan)| ClientPlan {
        name: format!("producer-{number}"),
        role: Role::Producer(plan),
    };
    (0..).zip(plans).map(named).collect()
}

/// As a report has them: `producer` is the first one's plan, and `clients` stand beside it where
/// there is more to tell.
pub(super) mod serde_form {
    use super::{ClientPlan, ProducerPlan, producers};
    use serde::de::Error;
    use serde::ser::SerializeMap;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(
        clients: &[ClientPlan],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let first = clients.iter().find_map(|client| client.role.producer());
        map.serialize_entry("producer", &first)?;
        if clients != producers(first.cloned()) {
            map.serialize_entry("clients", clients)?;
        }
        map.end()
    }

    #[derive(Deserialize)]
    struct Form {
        producer: Option<ProducerPlan>,
        #[serde(default)]
        clients: Vec<ClientPlan>,
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<ClientPlan>, D::Error> {
        match Form::deserialize(deserializer)? {
            Form { producer: None, .. } => Err(Error::missing_field("producer")),
            Form { producer, clients } if clients.is_empty() => Ok(producers(producer)),
            Form { clients, .. } => Ok(clients),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Cell, from_text};

    fn cell() -> Cell {
        from_text("t.yaml", "name: t\nduration: 9s\n", &[], Some(1)).unwrap().cells.remove(0)
    }

    // Reports of every version have one producer's plan under `producer`.
    #[test]
    fn a_lone_producer_is_told_as_ever() {
        let cell = cell();
        let value = serde_json::to_value(&cell).unwrap();
        let keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
        assert!(keys.contains(&"producer") && !keys.contains(&"clients"), "{keys:?}");
        assert_eq!(value["producer"]["message_bytes"], 100);
        assert_eq!(serde_json::from_value::<Cell>(value).unwrap(), cell);
    }

    #[test]
    fn several_clients_stand_beside_the_first_and_without_one_it_is_no_cell() {
        let mut cell = cell();
        let one = cell.producers().next().unwrap().clone();
        cell.clients = producers([one.clone(), ProducerPlan { message_bytes: 7, ..one }]);
        let mut value = serde_json::to_value(&cell).unwrap();
        assert_eq!(value["producer"], value["clients"][0]["role"]["producer"]);
        assert_eq!(value["clients"][1]["name"], "producer-1");
        assert_eq!(serde_json::from_value::<Cell>(value.clone()).unwrap(), cell);
        value.as_object_mut().unwrap().remove("producer");
        assert!(serde_json::from_value::<Cell>(value).is_err());
    }
}
